//! Builds the standard links into `STANDARD`, a table of names and components.
//!
//! The links are built from `links-wasm/links/*`. With `VCONDUIT_LINKS_DIR`, they are read from a
//! folder of finished components, `name.wasm` each. Nothing is built again while `links-wasm` and
//! `wit` stay unchanged.
//!
//! The target is `wasm32-unknown-unknown`, not `wasm32-wasip2`. Measured with the link `tag`
//! (wasmtime 48, medians of 20,000):
//!
//! | | size | compiling | fresh instance | instance and call | imports of WASI |
//! |---|---|---|---|---|---|
//! | unknown-unknown | 200 KB | 117 ms | 5.4 µs | 8.1 µs | none |
//! | wasip2 | 252 KB | 141 ms | 6.9 µs | 9.6 µs | 13 |
//!
//! Both have `opt-level = 3`. With `"s"` the link has 140 KB and the same speed, so that is the
//! setting. No call grew its memory. Link authors use wasip2, because `cargo build` then makes a
//! component directly.
// Printing is how a build script talks to cargo.
#![allow(clippy::print_stdout)]

use std::env::{self, VarError};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{fs, io};

const TARGET: &str = "wasm32-unknown-unknown";
const FINISHED: &str = "VCONDUIT_LINKS_DIR";

/// Prefixes of the variables of cargo that the inner cargo keeps: the locations of files, and how
/// to fetch packages.
const KEPT_VARIABLES: [&str; 5] = [
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTR",
];

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
    let out = variable("OUT_DIR")?;
    watch(&root);
    let links = match env::var(FINISHED) {
        Ok(folder) => finished(Path::new(&folder))?,
        Err(VarError::NotPresent) => built(&root.join("links-wasm"), &out)?,
        Err(error) => return Err(format!("{FINISHED}: {error}")),
    };
    write(&out.join("links.rs"), table(&links).as_bytes())
}

fn watch(root: &Path) {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FINISHED}");
    for part in [
        "wit",
        "links-wasm/Cargo.toml",
        "links-wasm/Cargo.lock",
        "links-wasm/links",
        "links-wasm/sdk/rust",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
    }
}

/// Returns name and file of each component in a folder.
fn finished(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let is_component = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files: Vec<_> = entries(folder)?.into_iter().filter(is_component).collect();
    match files.is_empty() {
        true => Err(format!("{FINISHED}: there is no .wasm file in {}", folder.display())),
        false => files.into_iter().map(|file| Ok((stem(&file)?, file))).collect(),
    }
}

/// Builds all components. Returns name and file of each.
fn built(workspace: &Path, out: &Path) -> Result<Vec<(String, PathBuf)>> {
    let is_link = |folder: &PathBuf| folder.join("Cargo.toml").is_file();
    let folders = entries(&workspace.join("links"))?.into_iter().filter(is_link);
    let names: Vec<_> = folders.map(|folder| stem(&folder)).collect::<Result<_>>()?;
    let target_dir = target_dir(out)?;
    provide_target()?;
    compile(workspace, &target_dir, &names)?;
    let modules = target_dir.join(TARGET).join("release");
    let componentized = |name: String| {
        let file = out.join(format!("{name}.wasm"));
        componentize(&modules.join(format!("{name}.wasm")), &file)?;
        Ok((name, file))
    };
    names.into_iter().map(componentized).collect()
}

/// Returns the folder `links` next to the folders of the profiles, which debug and release builds
/// share.
fn target_dir(out: &Path) -> Result<PathBuf> {
    let build = out.ancestors().find(|folder| folder.ends_with("build"));
    let profile = build.and_then(Path::parent).and_then(Path::parent);
    profile
        .map(|target| target.join("links"))
        .ok_or_else(|| format!("{} is not inside a target folder", out.display()))
}

/// Installs the standard library for the target if it is missing.
fn provide_target() -> Result<()> {
    if has_target() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added.is_ok_and(|status| status.success()) && has_target() {
        true => Ok(()),
        false => Err(format!(
            "the standard links need Rust's library for {TARGET}, and `rustup target add {TARGET}` failed.\n\
             Run that command where there is a network, install the library by other means,\n\
             or set {FINISHED} to a folder with the finished links (name.wasm each)."
        )),
    }
}

fn has_target() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    printed.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

fn compile(workspace: &Path, target_dir: &Path, names: &[String]) -> Result<()> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if is_of_outer_build(&name.to_string_lossy()) {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--release", "--locked", "--target", TARGET, "--manifest-path"]);
    cargo
        .arg(workspace.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir);
    for name in names {
        cargo.args(["--package", name]);
    }
    match cargo
        .status()
        .map_err(|error| format!("cargo can't be started: {error}"))?
        .success()
    {
        true => Ok(()),
        false => Err("the standard links in links-wasm can't be built; the reason is above".into()),
    }
}

/// Returns true for settings of the outer build: flags for another target, wrappers such as
/// clippy's, profiles.
fn is_of_outer_build(name: &str) -> bool {
    let is_cargos = name.starts_with("CARGO") && !KEPT_VARIABLES.iter().any(|kept| name.starts_with(kept));
    is_cargos
        || matches!(
            name,
            "RUSTC_WRAPPER" | "RUSTC_WORKSPACE_WRAPPER" | "RUSTFLAGS" | "RUSTC_LINKER"
        )
}

fn componentize(module: &Path, component: &Path) -> Result<()> {
    let bytes = fs::read(module).map_err(|error| at(module, &error))?;
    let encoder = wit_component::ComponentEncoder::default().validate(true).module(&bytes);
    let encoded = encoder.and_then(|mut encoder| encoder.encode());
    write(
        component,
        &encoded.map_err(|error| format!("{}: {error:#}", module.display()))?,
    )
}

fn table(links: &[(String, PathBuf)]) -> String {
    let mut text = String::from("/// Names and components of the standard links.\n");
    text.push_str("pub static STANDARD: &[(&str, &[u8])] = &[\n");
    for (name, file) in links {
        let _ = writeln!(text, "    ({name:?}, include_bytes!({file:?})),");
    }
    text.push_str("];\n");
    text
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed: io::Result<Vec<_>> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths = listed.map_err(|error| at(folder, &error))?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> Result<String> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.map(str::to_owned)
        .ok_or_else(|| format!("{}: the name is not UTF-8", path.display()))
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
