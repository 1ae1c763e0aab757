//! `vconduit link build`: a project becomes a component.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Answer, Exit, LinkError, inspect, local, words};
use crate::link::arguments::Build;

/// What components are built for.
const TARGET: &str = "wasm32-wasip2";

/// Builds, and says where the component is, how large, and what it needs.
pub(super) async fn run(arguments: &Build) -> Result<Answer, LinkError> {
    let path = project(&arguments.dir, arguments.output.json)?;
    let component = local::component(&path, true)?;
    let size = u64::try_from(component.bytes.len()).unwrap_or(u64::MAX);
    let place = format!("{}  {}", component.path.display(), words::size(size));
    match local::compile(&local::sandbox()?, &component).await {
        Ok(compiled) => Ok(Answer::done(
            format!("{place}\nneeds     {}", inspect::needs(&compiled)),
            json!({
                "component": component.path,
                "size_bytes": size,
                "digest": compiled.digest.as_str(),
                "needs": compiled.description().needs,
            }),
        )),
        Err(error) => Ok(Answer {
            text: format!("{place}\na server would refuse it: {error}"),
            json: json!({"component": component.path, "size_bytes": size, "refused": error.to_string()}),
            exit: Exit::Failed,
        }),
    }
}

/// Builds a project. Answers where its component is. What cargo has to say goes to standard error.
pub(super) fn project(dir: &Path, quiet: bool) -> Result<PathBuf, LinkError> {
    let manifest = dir.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(LinkError::Project(format!(
            "{} is no project: there is no Cargo.toml in it; start one with `vconduit link new NAME`, or name a .wasm file",
            dir.display()
        )));
    }
    provide_target()?;
    let mut cargo = Command::new(program("CARGO", "cargo"));
    cargo.args([
        "build",
        "--release",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
    ]);
    cargo.arg("--manifest-path").arg(&manifest);
    if quiet {
        cargo.arg("--quiet");
    }
    let output = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| {
            LinkError::Project(format!(
                "cargo can't be started: {error}; install Rust: https://rustup.rs"
            ))
        })?;
    if !output.status.success() {
        return Err(LinkError::Project(format!(
            "{} does not build; the reason is above",
            dir.display()
        )));
    }
    let manifest = manifest.canonicalize().map_err(LinkError::reading(&manifest))?;
    artifact(&String::from_utf8_lossy(&output.stdout), &manifest).ok_or_else(|| {
        LinkError::Project(format!(
            "{} builds, but into no component; add `[lib]` with `crate-type = [\"cdylib\"]` to its Cargo.toml",
            dir.display()
        ))
    })
}

/// The component among the files that cargo reports for the package of `manifest`.
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

/// Makes sure that there is a standard library for the target.
fn provide_target() -> Result<(), LinkError> {
    if has_target() {
        return Ok(());
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .status();
    match added.is_ok_and(|status| status.success()) && has_target() {
        true => Ok(()),
        false => Err(LinkError::Project(format!(
            "Rust's library for {TARGET} is missing, and `rustup target add {TARGET}` failed; run it where there is a network"
        ))),
    }
}

fn has_target() -> bool {
    let asked = Command::new(program("RUSTC", "rustc"))
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::null())
        .output();
    asked.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
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
    fn a_folder_without_a_manifest_is_said_to_be_no_project() {
        let folder = tempfile::tempdir().unwrap();
        let error = project(folder.path(), true).unwrap_err().to_string();
        assert!(error.contains("link new"), "{error}");
    }
}
