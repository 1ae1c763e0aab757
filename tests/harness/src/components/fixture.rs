//! A folder of built components.
//!
//! Guarantee: the components are built from the sources as they are now. A mark holds the digest of the sources that the last build
//! used, so unchanged sources are not built again. One process builds, the others wait for it.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::build;
use crate::samples::root;

/// A set of components that one command builds.
#[derive(Debug, Clone, Copy)]
pub struct Fixture {
    /// Its name in messages and in the name of its mark.
    pub name: &'static str,
    /// The files and folders that it is built from, from the folder of the project.
    pub sources: &'static [&'static str],
    /// The program that builds it and its arguments; runs in the folder of the project.
    pub command: &'static [&'static str],
    /// The folder that holds the built components, from the folder of the project.
    pub folder: &'static str,
}

impl Fixture {
    /// The absolute path of the built components, after building them if the sources have changed.
    ///
    /// # Panics
    /// If they cannot be built.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let digest = self.digest();
        let folder = root().join(self.folder);
        let mark = build::folder().join(self.name);
        let is_built = || folder.is_dir() && std::fs::read_to_string(&mark).is_ok_and(|built| built == digest);
        if !is_built() {
            let _lock = build::lock("fixtures");
            // Another process may have built it while this one waited.
            if !is_built() {
                self.build();
                std::fs::write(&mark, &digest).expect("the mark of a build");
            }
        }
        folder.canonicalize().expect("the folder of a build")
    }

    /// The absolute path of one component, after building it if the sources have changed.
    ///
    /// # Panics
    /// If it cannot be built, or is not among those that are built.
    #[must_use]
    pub fn component(&self, name: &str) -> PathBuf {
        let file = self.folder().join(name).with_extension("wasm");
        assert!(file.is_file(), "{} builds no component {name}", self.command.join(" "));
        file
    }

    fn build(&self) {
        let (program, arguments) = self.command.split_first().expect("a program");
        let mut command = match *program {
            "cargo" => build::cargo(),
            script => build::command(root().join(script)),
        };
        build::run(command.args(arguments), self.name);
    }

    /// The digest of the sources' paths and contents.
    fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for source in self.sources {
            add(&mut hasher, &root().join(source));
        }
        hex::encode(hasher.finalize())
    }
}

/// Adds a file, or all files of a folder in the order of their names.
fn add(hasher: &mut Sha256, path: &Path) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a folder of sources");
        let mut entries: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries.iter().filter(|entry| !entry.ends_with("target")) {
            add(hasher, entry);
        }
        return;
    }
    let content = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    hasher.update(path.strip_prefix(root()).unwrap_or(path).as_os_str().as_encoded_bytes());
    hasher.update(content.len().to_le_bytes());
    hasher.update(content);
}
