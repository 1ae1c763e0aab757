//! A folder of built components.
//!
//! Guarantee: the components are built from the current sources. A mark has the digest of the
//! sources of the last build, so unchanged sources are not built again. One process builds, and the
//! others wait for it.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::build;
use crate::samples::root;

/// A set of components that one command builds.
#[derive(Debug, Clone, Copy)]
pub struct Fixture {
    /// Name in messages, and of the mark.
    pub name: &'static str,
    /// Files and folders of the sources, relative to the project's folder.
    pub sources: &'static [&'static str],
    /// Program that builds the components, with its arguments. It runs in the project's folder.
    pub command: &'static [&'static str],
    /// Folder of the built components, relative to the project's folder.
    pub folder: &'static str,
}

impl Fixture {
    /// Returns the absolute path of the built components. Builds them first if the sources have
    /// changed.
    ///
    /// # Panics
    /// If the build fails.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let digest = self.digest();
        let folder = root().join(self.folder);
        let mark = build::folder().join(self.name);
        let is_built = || folder.is_dir() && std::fs::read_to_string(&mark).is_ok_and(|built| built == digest);
        if !is_built() {
            let _lock = build::lock("fixtures");
            // Another process may have built them while this one waited for the lock.
            if !is_built() {
                self.build();
                std::fs::write(&mark, &digest).expect("the mark of a build");
            }
        }
        folder.canonicalize().expect("the folder of a build")
    }

    /// Returns the absolute path of one component. Builds it first if the sources have changed.
    ///
    /// # Panics
    /// If the build fails, or does not produce this component.
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

    /// Digest of the paths and contents of the sources.
    fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for source in self.sources {
            add(&mut hasher, &root().join(source));
        }
        hex::encode(hasher.finalize())
    }
}

/// Adds a file to the digest, or all files of a folder in the order of their names.
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
