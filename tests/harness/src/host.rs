//! A vConduit host in a process of its own, as an operator runs it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::build;
use crate::wait::{SOON, eventually};

/// Path of the binary under test: next to the running program, or one folder above it for tests.
///
/// Cargo builds it for the end-to-end tests, which belong to its package.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    let mut folders = own.ancestors().skip(1).take(2);
    let found = folders.find_map(|folder| Some(folder.join("vconduit")).filter(|path| path.is_file()));
    found.unwrap_or_else(|| {
        panic!(
            "there is no vconduit next to {}: run `cargo build --release` first",
            own.display()
        )
    })
}

/// Builds the binary that [`binary`] returns, for a program that cargo builds without it.
///
/// A copy of the program in another folder than cargo's builds nothing. It uses the `vconduit` next
/// to it, for example one of an older version.
///
/// # Panics
/// If the build fails.
pub fn build_binary() {
    let own = std::env::current_exe().expect("the path of this program");
    let mut folders = own.ancestors().skip(1);
    let (Some(profile), Some(target)) = (folders.next(), folders.next()) else {
        return;
    };
    if !target.join("CACHEDIR.TAG").is_file() {
        return;
    }
    let profile = match profile.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev",
        Some(name) => name,
    };
    let mut cargo = build::cargo();
    cargo.args([
        "build",
        "--quiet",
        "--locked",
        "--package=vconduit",
        "--profile",
        profile,
    ]);
    build::run(cargo.arg("--target-dir").arg(target), "vconduit");
}

/// Settings for the start of a host.
#[derive(Clone)]
pub struct HostBuilder {
    config: String,
    environment: Vec<(String, String)>,
    roles: Option<String>,
    folder: Option<Arc<tempfile::TempDir>>,
}

/// A running host. Dropping it kills the process.
pub struct Host {
    child: Option<Child>,
    builder: HostBuilder,
    folder: Arc<tempfile::TempDir>,
    port: u16,
    client: reqwest::Client,
}

impl Host {
    /// A host with this configuration file, on the embedded store by default.
    pub fn with(config: impl Into<String>) -> HostBuilder {
        HostBuilder {
            config: config.into(),
            environment: Vec::new(),
            roles: None,
            folder: None,
        }
    }
}

impl HostBuilder {
    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Uses this Redis.
    #[must_use]
    pub fn redis(self, server: &crate::RedisServer) -> Self {
        let url = server.url();
        self.env("REDIS_URL", url)
    }

    /// Uses this Redis, or the embedded store for `None`.
    #[must_use]
    pub fn on(self, server: Option<&crate::RedisServer>) -> Self {
        match server {
            Some(server) => self.redis(server),
            None => self,
        }
    }

    /// Starts it with these roles only, separated by commas.
    #[must_use]
    pub fn roles(mut self, roles: &str) -> Self {
        self.roles = Some(roles.into());
        self
    }

    /// Starts it in the folder of another host, on the same embedded store.
    #[must_use]
    pub fn in_folder_of(mut self, other: &Host) -> Self {
        self.folder = Some(other.folder.clone());
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// When it is not ready within three minutes. The message contains its log.
    pub async fn start(self) -> Host {
        let mut host = self.spawn();
        host.until_ready().await;
        host
    }

    /// Starts it without waiting.
    #[must_use]
    pub fn spawn(self) -> Host {
        let folder = self
            .folder
            .clone()
            .unwrap_or_else(|| Arc::new(tempfile::tempdir().expect("a folder for the host")));
        // The TLS provider of a process can be set only once. Another test may have set it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client");
        let mut host = Host {
            child: None,
            port: crate::free_port(),
            builder: self,
            folder,
            client,
        };
        host.spawn_again();
        host
    }
}

impl Host {
    /// Starts the same host again after it was stopped or killed.
    ///
    /// # Panics
    /// When the process can't be started.
    pub fn spawn_again(&mut self) {
        let config = self.folder.path().join("vconduit.yml");
        if !config.exists() {
            std::fs::write(&config, &self.builder.config).expect("the configuration file");
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file())
            .expect("a log file");
        let mut command = Command::new(binary());
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--config"])
            .arg(&config)
            .env_remove("REDIS_URL")
            .env("VCONDUIT_DATA_DIR", self.folder.path().join("data"))
            .env("VCONDUIT_LOG_FORMAT", "json")
            .env("VCONDUIT_COMPILE_CACHE_DIR", cache())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(roles) = &self.builder.roles {
            command.args(["--roles", roles]);
        }
        for (name, value) in &self.builder.environment {
            command.env(name, value);
        }
        self.child = Some(command.spawn().expect("the host starts"));
    }

    /// Waits until `/ready` reports success.
    ///
    /// # Panics
    /// When it does not within three minutes, or when the process ends. The time is long because
    /// CPython compiles for half a minute on a busy machine.
    pub async fn until_ready(&mut self) {
        let end = Instant::now() + Duration::from_secs(180);
        loop {
            let answer = self.client.get(self.url("/ready")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(
                ended.is_none(),
                "the host ended with {ended:?}; its log:\n{}",
                self.log()
            );
            assert!(Instant::now() < end, "the host is not ready; its log:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns the URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The HTTP client for this host.
    #[must_use]
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a GET request. Returns status and text of the response.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.url(path)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    /// Posts JSON text. Returns status and text of the response.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
        let request = self
            .client
            .post(self.url(path))
            .header("content-type", "application/json")
            .body(body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    /// Sends a request to the admin API. Returns the status, and the body as JSON, or as a JSON
    /// string if it is not JSON.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn admin(&self, method: &str, path: &str, body: Option<&serde_json::Value>) -> (u16, serde_json::Value) {
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, self.url(&format!("/admin/v1{path}")));
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        Self::admin_answer(request).await
    }

    /// Sends a request to the admin API that has to succeed. Returns the body.
    ///
    /// # Panics
    /// When the status is not 200.
    pub async fn admin_ok(&self, method: &str, path: &str, body: Option<&serde_json::Value>) -> serde_json::Value {
        let (status, answer) = self.admin(method, path, body).await;
        assert_eq!(status, 200, "{method} {path} answered {answer}");
        answer
    }

    /// Uploads a component as a version of a link. `how` is the query.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn upload(&self, link: &str, component: Vec<u8>, how: &str) -> (u16, serde_json::Value) {
        let url = self.url(&format!("/admin/v1/links/{link}/versions?{how}"));
        let request = self.client.post(url).header("content-type", "application/wasm");
        Self::admin_answer(request.body(component)).await
    }

    async fn admin_answer(request: reqwest::RequestBuilder) -> (u16, serde_json::Value) {
        let answer = request.send().await.expect("an answer");
        let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a body"));
        (
            status,
            serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
        )
    }

    /// Posts a vCon to a list.
    ///
    /// # Panics
    /// When it is not accepted.
    pub async fn post_vcon(&self, text: &str, list: &str) {
        let (status, body) = self.post(&format!("/vcon?ingress_lists={list}"), text.to_owned()).await;
        assert_eq!(status, 201, "POST /vcon answered {body}");
    }

    /// Returns a vCon as JSON, or `None` if there is none.
    ///
    /// # Panics
    /// When the status is neither 200 nor 404.
    pub async fn vcon(&self, id: &str) -> Option<serde_json::Value> {
        let (status, body) = self.get(&format!("/vcon/{id}")).await;
        match status {
            200 => Some(serde_json::from_str(&body).expect("a vCon is JSON")),
            404 => None,
            _ => panic!("GET /vcon/{id} answered {status}: {body}"),
        }
    }

    /// Deletes a vCon.
    ///
    /// # Panics
    /// When the status is not 204.
    pub async fn delete_vcon(&self, id: &str) {
        let request = self.client.delete(self.url(&format!("/vcon/{id}")));
        let status = request.send().await.expect("an answer").status().as_u16();
        assert_eq!(status, 204, "DELETE /vcon/{id} answered {status}");
    }

    /// Returns the number of entries of a list.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn depth(&self, list: &str) -> u64 {
        let (status, body) = self.get(&format!("/stats/queue?list_name={list}")).await;
        assert_eq!(status, 200, "GET /stats/queue answered {body}");
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        answer
            .get("depth")
            .and_then(serde_json::Value::as_u64)
            .expect("a depth")
    }

    /// Waits until a list has this many entries.
    ///
    /// # Panics
    /// When it has not in time.
    pub async fn until_depth(&self, list: &str, depth: u64) {
        eventually(&format!("{depth} on the list {list}"), SOON, async || {
            (self.depth(list).await == depth).then_some(())
        })
        .await;
    }

    /// Waits for a claim on an ingress list whose id is not `but`, and returns it.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn until_claim(&self, list: &str, but: Option<&str>) -> serde_json::Value {
        eventually(&format!("a claim on the list {list}"), SOON, async || {
            let claims = self.admin_ok("GET", &format!("/claims?list={list}"), None).await;
            let claim = claims["claims"][0].clone();
            (!claim.is_null() && claim["id"].as_str() != but).then_some(claim)
        })
        .await
    }

    /// Waits until an ingress list has no entries and no claims.
    ///
    /// # Panics
    /// When it still has some after the time.
    pub async fn until_idle(&self, list: &str) {
        // Depth and claims are not read in one step. An entry that returns to the list between the
        // two reads is in neither.
        let seen_idle = Cell::new(0);
        eventually(&format!("the list {list} is worked off"), SOON, async || {
            let lists = self.admin_ok("GET", "/lists", None).await;
            let mut rows = lists["lists"].as_array()?.iter();
            let row = rows.find(|row| row["name"] == list && row["kind"] == "ingress")?;
            let is_idle = row["depth"] == 0 && row["claims"] == 0;
            seen_idle.set(if is_idle { seen_idle.get() + 1 } else { 0 });
            (seen_idle.get() == 2).then_some(())
        })
        .await;
    }

    /// Returns the active revision of the configuration of each host of this store. Revisions have
    /// no order.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn revisions(&self) -> Vec<u64> {
        let hosts = self.admin_ok("GET", "/hosts", None).await;
        let hosts = hosts["hosts"].as_array().into_iter().flatten();
        hosts.filter_map(|host| host["revision"].as_u64()).collect()
    }

    /// Waits until an entry is the only dead letter of an ingress list.
    ///
    /// # Panics
    /// When it is not in time.
    pub async fn until_dead_letter(&self, list: &str, id: &str) {
        eventually(&format!("{id} is the dead letter of {list}"), SOON, async || {
            (self.dead_letters(list).await == [id]).then_some(())
        })
        .await;
    }

    /// Returns the dead letters of an ingress list.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn dead_letters(&self, list: &str) -> Vec<String> {
        let (status, body) = self.get(&format!("/dlq?ingress_list={list}")).await;
        assert_eq!(status, 200, "GET /dlq answered {body}");
        serde_json::from_str(&body).expect("a list of ids")
    }

    /// Kills the process (SIGKILL).
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Requests a stop (SIGTERM) and waits for the end of the process. Returns the duration and the
    /// exit code.
    ///
    /// # Panics
    /// When it does not end within 60 s.
    pub async fn terminate(&mut self) -> (Duration, Option<i32>) {
        let began = Instant::now();
        let Some(mut child) = self.child.take() else {
            return (Duration::ZERO, None);
        };
        crate::signal(&child, Signal::TERM);
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return (began.elapsed(), status.code());
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "the host did not stop; its log:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Returns its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Returns the lines of its log on one link: its own output, its requests, its failures.
    #[must_use]
    pub fn log_of(&self, link: &str) -> Vec<serde_json::Value> {
        self.log()
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|line| line["link"] == link)
            .collect()
    }

    /// Its working folder. The configuration is `vconduit.yml` in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join(format!("host-{}.log", self.port))
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            crate::signal(&child, signal);
            let _ = child.wait();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Folder of compiled links that all tests of a build share: they test chains, not the compiler.
fn cache() -> PathBuf {
    binary()
        .parent()
        .map(|folder| folder.join("test-compile-cache"))
        .unwrap_or_default()
}
