//! Real servers for tests. Each has a free loopback port and its own folder, and is stopped by its
//! process id when it goes out of scope.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder that is removed when it goes out of scope.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("vconduit-test-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns a port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running server.
pub struct Server {
    command: Command,
    child: Child,
    pub port: u16,
    signal: rustix::process::Signal,
    folder: Folder,
}

impl Server {
    fn start(mut command: Command, port: u16, folder: Folder) -> Self {
        let log = std::fs::File::create(folder.0.join("log")).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Self {
            command,
            child,
            port,
            signal: rustix::process::Signal::TERM,
            folder,
        };
        server.wait_for_port();
        server
    }

    /// Starts the server again, on the same port and data.
    pub fn start_again(&mut self) {
        self.child = self.command.spawn().unwrap();
        self.wait_for_port();
    }

    fn wait_for_port(&mut self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let over = self.child.try_wait().unwrap().is_some();
            assert!(
                !over && start.elapsed() < Duration::from_secs(60),
                "the server did not come up:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        let mut text = String::new();
        let _ = std::fs::File::open(self.folder.0.join("log")).and_then(|mut log| log.read_to_string(&mut text));
        text
    }

    /// Starts Redis, with or without a password.
    pub fn redis(password: Option<&str>) -> Self {
        let (port, folder) = (free_port(), Folder::new());
        let mut command = Command::new("redis-server");
        command.args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--port",
            &port.to_string(),
        ]);
        command.arg("--dir").arg(&folder.0);
        if let Some(password) = password {
            command.args(["--requirepass", password]);
        }
        Self::start(command, port, folder)
    }

    /// Starts PostgreSQL with a user `postgres`, this password and an empty database `vcon_db`.
    pub fn postgres(password: &str) -> Self {
        let (port, folder) = (free_port(), Folder::new());
        let programs = postgres_programs();
        std::fs::write(folder.0.join("password"), password).unwrap();
        give_to_postgres(&folder.0);
        let data = folder.0.join("data");
        let mut init = as_postgres(&programs.join("initdb"), &folder.0);
        init.arg("-D").arg(&data).arg("--pwfile").arg(folder.0.join("password"));
        init.args([
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ]);
        let done = init.output().unwrap();
        assert!(
            done.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        let mut command = as_postgres(&programs.join("postgres"), &folder.0);
        command
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder.0)
            .args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        // A zone that is not UTC shows mistakes with zones.
        command.args(["-c", "fsync=off", "-c", "timezone=Asia/Tokyo"]);
        let mut server = Self::start(command, port, folder);
        server.signal = rustix::process::Signal::INT;
        server.create_database(&programs, password);
        server
    }

    fn create_database(&self, programs: &Path, password: &str) {
        let start = Instant::now();
        loop {
            let mut command = Command::new(programs.join("createdb"));
            command.args([
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-p",
                &self.port.to_string(),
                "vcon_db",
            ]);
            let done = command.env("PGPASSWORD", password).output().unwrap();
            if done.status.success() {
                return;
            }
            let text = String::from_utf8_lossy(&done.stderr);
            assert!(start.elapsed() < Duration::from_secs(20), "createdb: {text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts an S3 service (moto). It accepts any keys, or, after the first request, only keys
    /// that it has issued.
    pub fn s3(check_keys: bool) -> Self {
        let (port, folder) = (free_port(), Folder::new());
        let mut command = Command::new(moto_program());
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        // The first request creates the bucket.
        command.env("INITIAL_NO_AUTH_ACTION_COUNT", if check_keys { "1" } else { "inf" });
        Self::start(command, port, folder)
    }

    /// Returns the URL of the server with this scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Ends the process. [`Server::start_again`] starts a new one on the same data.
    pub fn stop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()) {
            let _ = rustix::process::kill_process(pid, self.signal);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns `MOTO_SERVER`, or `moto_server` on the path (`pip install 'moto[server]'`).
fn moto_program() -> PathBuf {
    std::env::var_os("MOTO_SERVER").map_or_else(|| PathBuf::from("moto_server"), PathBuf::from)
}

/// Returns the folder of the server's programs, which Debian keeps out of the path.
fn postgres_programs() -> PathBuf {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed (apt-get install postgresql)");
    let mut found: Vec<PathBuf> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    found.sort();
    found.pop().expect("no PostgreSQL version in /usr/lib/postgresql")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Returns a command that runs as the user postgres if this process is root, because PostgreSQL
/// refuses to run as root.
fn as_postgres(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if is_root() {
        command.uid(number_of("-u")).gid(number_of("-g"));
    }
    command
}

fn give_to_postgres(folder: &Path) {
    if is_root() {
        let (user, group) = (Some(number_of("-u")), Some(number_of("-g")));
        std::os::unix::fs::chown(folder, user, group).unwrap();
        std::os::unix::fs::chown(folder.join("password"), user, group).unwrap();
    }
}

fn number_of(which: &str) -> u32 {
    let output = Command::new("id").args([which, "postgres"]).output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .expect("there is no user postgres")
}
