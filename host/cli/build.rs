//! Packs the SDK for Rust into `SDK`, a table of paths and texts, for `vconduit link new`.
// A build script sends instructions to cargo by printing them.
#![allow(clippy::print_stdout)]

use std::env;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

type Result<T, E = String> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            message.lines().for_each(|line| println!("cargo::error={line}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let root = variable("CARGO_MANIFEST_DIR")?.join("../..");
    println!("cargo::rerun-if-changed=build.rs");
    for part in [
        "wit",
        "links-wasm/Cargo.toml",
        "links-wasm/Cargo.lock",
        "links-wasm/sdk/rust",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
    }
    write(&variable("OUT_DIR")?.join("sdk.rs"), sdk(&root)?.as_bytes())
}

/// Source of the table: every file of this repository that a link's project needs.
fn sdk(root: &Path) -> Result<String> {
    let mut files = vec![root.join("links-wasm/Cargo.toml"), root.join("links-wasm/Cargo.lock")];
    collect(&root.join("links-wasm/sdk/rust"), &mut files)?;
    let mut text = String::from("/// The SDK for Rust: path in the repository and text.\n");
    text.push_str("pub static SDK: &[(&str, &str)] = &[\n");
    for file in files {
        let path = file.strip_prefix(root).unwrap_or(&file);
        let _ = writeln!(text, "    ({path:?}, include_str!({file:?})),");
    }
    text.push_str("];\n");
    Ok(text)
}

/// Collects all files below a folder, without those that tools leave there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match path.is_dir() {
            true if name == "target" => {}
            true => collect(&path, files)?,
            false if name.starts_with('.') || name.ends_with('~') => {}
            false => files.push(path),
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed: io::Result<Vec<_>> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths = listed.map_err(|error| at(folder, &error))?;
    paths.sort();
    Ok(paths)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn variable(name: &str) -> Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| format!("{name} is not set; run this through cargo"))
}
