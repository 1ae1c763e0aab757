//! An OCI registry for one test.

use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

/// Line of a password file: the user [`REGISTRY_USER`] with a hash of [`REGISTRY_PASSWORD`].
const HTPASSWD: &str = "ann:$2b$04$jQLDpDrW6PEjxF/0Uoijd.LvYvffT8aXHa/BiJjoNyGvZ6977F5JG\n";

/// User of a registry with users.
pub const REGISTRY_USER: &str = "ann";

/// Password of [`REGISTRY_USER`].
pub const REGISTRY_PASSWORD: &str = "hunter2";

/// A running docker-registry. Dropping it stops it.
pub struct RegistryServer {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl RegistryServer {
    /// Starts a registry without users.
    ///
    /// # Panics
    /// When it does not respond within 20 s.
    #[must_use]
    pub fn start() -> Self {
        Self::with(false)
    }

    /// Starts a registry with users.
    ///
    /// # Panics
    /// When it does not respond within 20 s.
    #[must_use]
    pub fn with_users() -> Self {
        Self::with(true)
    }

    fn with(users: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder for docker-registry");
        let port = crate::free_port();
        let root = folder.path().display().to_string();
        let mut config = json!({
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": format!("{root}/data")}},
            "http": {"addr": format!("127.0.0.1:{port}")},
        });
        if users {
            std::fs::write(format!("{root}/users"), HTPASSWD).expect("the users");
            config["auth"] = json!({"htpasswd": {"realm": "test", "path": format!("{root}/users")}});
        }
        // JSON is valid YAML.
        std::fs::write(format!("{root}/config.yml"), config.to_string()).expect("the config");
        let child = Command::new("docker-registry")
            .args(["serve", &format!("{root}/config.yml")])
            .env_clear()
            .env("HOME", &root)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry starts (Debian package docker-registry)");
        let server = Self {
            child,
            port,
            _folder: folder,
        };
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < end, "docker-registry did not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Its address `host:port`, the beginning of references.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for RegistryServer {
    fn drop(&mut self) {
        crate::signal(&self.child, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}
