//! The SDK for Rust, embedded in this program and written into each project.
//!
//! Guarantee: a project needs no other source for the SDK, and its SDK fits servers of this
//! version.

/// Folder of the SDK in a project.
const FOLDER: &str = "vendor/vcon-link";

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
}

/// Paths and texts of the SDK's files, and of a `Cargo.lock` with the versions that the SDK is
/// tested with.
pub(super) fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (path, text) in embedded::SDK {
        if let Some(path) = path.strip_prefix("links-wasm/sdk/rust/") {
            files.push((format!("{FOLDER}/{path}"), adapted(path, text)));
        } else if *path == "links-wasm/Cargo.lock" {
            files.push(("Cargo.lock".to_owned(), (*text).to_owned()));
        }
    }
    files
}

/// A file of the SDK for a project. Its manifest can't inherit from the workspace there.
fn adapted(path: &str, text: &str) -> String {
    match path {
        "Cargo.toml" => standalone(text, workspace()),
        _ => text.to_owned(),
    }
}

/// The manifest of the SDK's workspace.
fn workspace() -> &'static str {
    let found = embedded::SDK.iter().find(|(path, _)| *path == "links-wasm/Cargo.toml");
    found.map(|(_, text)| *text).unwrap_or_default()
}

/// Replaces the inherited lines of a manifest by those of the workspace. The lints are dropped:
/// they are for the SDK's own developers.
fn standalone(manifest: &str, workspace: &str) -> String {
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line == "[lints]" || line == "workspace = true" {
            continue;
        }
        let inherited = line
            .strip_suffix(".workspace = true")
            .and_then(|key| workspace.lines().find(|line| line.split(" = ").next() == Some(key)));
        lines.push(inherited.unwrap_or(line));
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_in_a_project_needs_no_workspace() {
        let files = files();
        let text = |path: &str| {
            let found = files.iter().find(|(found, _)| found == path);
            found
                .map(|(_, text)| text.as_str())
                .unwrap_or_else(|| panic!("{path} is missing"))
        };
        let manifest = text("vendor/vcon-link/Cargo.toml");
        assert!(!manifest.contains("workspace"), "{manifest}");
        assert!(manifest.contains("edition = \""), "{manifest}");
        assert!(manifest.contains("serde_json = { version"), "{manifest}");
        assert!(text("vendor/vcon-link/src/bindings.rs").contains("path: \"wit\""));
        let license = format!("license = \"{}\"", env!("CARGO_PKG_LICENSE"));
        assert!(
            manifest.contains(&license),
            "the SDK has another licence than the host: {manifest}"
        );
        assert!(text("vendor/vcon-link/wit/package.wit").contains("package vcon:link@"));
        assert!(text("Cargo.lock").contains("name = \"wit-bindgen\""));
        assert!(files.iter().any(|(path, _)| path == "vendor/vcon-link/src/http/mod.rs"));
    }
}
