//! Runs cargo for the project of a link.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::LinkCommandError;

/// Compilation target of links.
const TARGET: &str = "wasm32-wasip2";

/// Builds a project and returns the path of its component. The messages of cargo go to standard
/// error.
pub(super) fn build(project: &Path, quiet: bool) -> Result<PathBuf, LinkCommandError> {
    let manifest = project.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(LinkCommandError::Project(format!(
            "{} is not a project: it has no Cargo.toml; create one with `vconduit link new NAME`, or name a .wasm file",
            project.display()
        )));
    }
    provide_target()?;
    let output = cargo_build(&manifest, quiet).map_err(|error| {
        LinkCommandError::Project(format!(
            "cargo can't be started: {error}; install Rust: https://rustup.rs"
        ))
    })?;
    if !output.status.success() {
        return Err(LinkCommandError::Project(format!(
            "{} does not build; correct the errors above",
            project.display()
        )));
    }
    let manifest = manifest.canonicalize().map_err(LinkCommandError::reading(&manifest))?;
    artifact(&String::from_utf8_lossy(&output.stdout), &manifest).ok_or_else(|| {
        LinkCommandError::Project(format!(
            "{} builds, but not to a component; add `[lib]` with `crate-type = [\"cdylib\"]` to its Cargo.toml",
            project.display()
        ))
    })
}

fn cargo_build(manifest: &Path, quiet: bool) -> std::io::Result<Output> {
    let mut cargo = Command::new(program("CARGO", "cargo"));
    cargo.args([
        "build",
        "--release",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
    ]);
    cargo.arg("--manifest-path").arg(manifest);
    if quiet {
        cargo.arg("--quiet");
    }
    cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output()
}

/// Finds the component among the files that cargo reports for the package of `manifest`.
fn artifact(messages: &str, manifest: &Path) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = messages.filter(|message| {
        let path = message.get("manifest_path").and_then(Value::as_str).map(Path::new);
        path.is_some_and(|path| path == manifest || path.canonicalize().is_ok_and(|path| path == manifest))
    });
    let files = own.filter_map(|message| Some(message.get("filenames")?.as_array()?.clone()));
    let files = files.flatten().filter_map(|file| file.as_str().map(PathBuf::from));
    files
        .into_iter()
        .rfind(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

/// Makes sure that Rust's standard library for the target is installed.
fn provide_target() -> Result<(), LinkCommandError> {
    if has_target() {
        return Ok(());
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .status();
    match added.is_ok_and(|status| status.success()) && has_target() {
        true => Ok(()),
        false => Err(LinkCommandError::Project(format!(
            "Rust's library for {TARGET} is missing, and `rustup target add {TARGET}` failed; run it with access to the network"
        ))),
    }
}

fn has_target() -> bool {
    let result = Command::new(program("RUSTC", "rustc"))
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::null())
        .output();
    result.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

fn program(variable: &str, otherwise: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| otherwise.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_wasm_file_of_the_project_itself() {
        let messages = r#"{"reason":"compiler-artifact","manifest_path":"/p/vendor/x/Cargo.toml","filenames":["/t/x.wasm"]}
not json
{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","filenames":["/t/p.rlib","/t/p.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(artifact(messages, Path::new("/p/Cargo.toml")), Some("/t/p.wasm".into()));
        assert_eq!(artifact(messages, Path::new("/q/Cargo.toml")), None);
    }

    #[test]
    fn a_folder_without_a_manifest_is_refused_as_no_project() {
        let folder = tempfile::tempdir().unwrap();
        let error = build(folder.path(), true).unwrap_err().to_string();
        assert!(error.contains("link new"), "{error}");
    }
}
