//! Builds that tests start themselves: of the host's program, and of components.
//!
//! Guarantee: a build inherits no variables of the cargo that runs the tests, so its result is that
//! of the same command in a shell.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::samples::root;

/// Variables that a build does inherit: they name folders and how to fetch packages.
const KEPT: [&str; 5] = [
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTR",
];

/// Folder of the marks and locks of builds.
pub(crate) fn folder() -> PathBuf {
    let folder = root().join("target/fixtures");
    std::fs::create_dir_all(&folder).expect("a folder for the marks of builds");
    folder
}

/// Waits until no other process holds this lock, and takes it. Dropping the file releases it.
pub(crate) fn lock(name: &str) -> File {
    let path = folder().join(name).with_extension("lock");
    let file = File::create(path).expect("a file to lock");
    file.lock().expect("a lock");
    file
}

/// A command that runs in the project's folder.
pub(crate) fn command(program: impl Into<PathBuf>) -> Command {
    let mut command = Command::new(program.into());
    let foreign = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_") && !KEPT.iter().any(|kept| name.starts_with(kept))
    });
    for name in foreign {
        command.env_remove(name);
    }
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that runs the tests, as a command for another build.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from))
}

/// Runs a build and waits for its end.
///
/// # Panics
/// If it fails. The message contains all of its output.
pub(crate) fn run(command: &mut Command, what: &str) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} was not started: {error}"));
    assert!(
        output.status.success(),
        "{what} was not built: {command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
