//! Compiled code on disk, and the bytes of components that a host keeps.
//!
//! Guarantee: a file is loaded only if this program wrote it for this component, engine and
//! settings, if it is undamaged, and if no one else can access it. Everything else is compiled
//! again. A cache that can't be used costs only time.
//!
//! Not `tempfile` or `atomic-write-file`: they cover the write, which is the smaller part. A file
//! is also checked before it is loaded (owner, mode, checksum, engine). A rename that is lost in a
//! power cut costs one compile, so folders are not synced.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::code::Code;
use vconduit_base::names::Digest;

/// Beginning of the names of files with bytes of components.
const BYTES: &str = "bytes-";

/// Cache of compiled code. Without a directory it is always empty.
#[derive(Debug)]
pub(crate) struct Cache {
    directory: Option<PathBuf>,
    suffix: String,
    warned: AtomicBool,
    writes: AtomicU64,
}

impl Cache {
    /// Opens the directory, and creates it if it is missing.
    pub(crate) fn open(directory: Option<&Path>, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let suffix = format!("{:016x}.code", hasher.finish());
        let cache = Self {
            directory: directory.map(Path::to_owned),
            suffix,
            warned: AtomicBool::new(false),
            writes: AtomicU64::new(0),
        };
        if let Some(directory) = directory
            && let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(directory)
        {
            cache.warn(directory, &error);
        }
        cache
    }

    /// Returns a component's compiled code, if it is cached and intact.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let path = self.path(digest)?;
        let bytes = match read_own(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.warn(&path, &error);
                return None;
            }
        };
        let Some(code) = Code::read(bytes) else {
            tracing::warn!("the compiled code in {} is damaged; compiling again", path.display());
            return None;
        };
        code.component(engine)
            .inspect_err(|error| {
                tracing::warn!(
                    "the compiled code in {} is for another engine ({error:#}); compiling again",
                    path.display()
                )
            })
            .ok()
    }

    /// Stores a component's compiled code.
    pub(crate) fn store(&self, digest: &Digest, code: &Code) {
        let Some(path) = self.path(digest) else { return };
        if let Err(error) = self.write(&path, code.bytes(), Sync::Yes) {
            self.warn(&path, &error);
        }
    }

    /// Stores the bytes of a component, unless they are there. They are checked when they are read,
    /// so they are not synced.
    pub(crate) fn keep_bytes(&self, digest: &Digest, bytes: &[u8]) {
        let Some(path) = self.path_of_bytes(digest) else { return };
        if path.exists() {
            return;
        }
        if let Err(error) = self.write(&path, bytes, Sync::No) {
            tracing::warn!("can't keep the bytes of a component in {} ({error})", path.display());
        }
    }

    /// Returns the bytes of a component, if they are kept and intact.
    pub(crate) fn kept_bytes(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = read_own(&self.path_of_bytes(digest)?).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Removes the kept bytes of all other components. Bytes that can't be removed only take up
    /// space.
    pub(crate) fn forget_kept_bytes(&self, except: &BTreeSet<Digest>) {
        let Some(files) = self
            .directory
            .as_ref()
            .and_then(|directory| fs::read_dir(directory).ok())
        else {
            return;
        };
        for file in files.flatten() {
            let name = file.file_name();
            let digest = name
                .to_str()
                .and_then(|name| name.strip_prefix(BYTES)?.strip_suffix(".wasm"));
            if digest.is_some_and(|digest| !except.iter().any(|kept| kept.as_str() == digest)) {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    fn path_of_bytes(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{BYTES}{digest}.wasm")))
    }

    fn path(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{digest}-{}", self.suffix)))
    }

    fn write(&self, path: &Path, bytes: &[u8], sync: Sync) -> io::Result<()> {
        // Two processes, or two threads of one, may write the same component at once. Each has its
        // own file until the rename.
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
        let written = write_new(&temporary, bytes, sync).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            // Best effort: the first error is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn warn(&self, path: &Path, error: &io::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "can't keep compiled code in {} ({error}); links are compiled again at each start until that is fixed",
                path.display()
            );
        }
    }
}

/// Decides whether a file has to be on the disk before it gets its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    Yes,
    No,
}

fn write_new(path: &Path, bytes: &[u8], sync: Sync) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    if sync == Sync::Yes {
        file.sync_all()?;
    }
    Ok(())
}

/// Reads a file that belongs to this user and that no one else may read or write.
fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = OpenOptions::new().read(true).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Err(io::Error::other(
            "it belongs to another user, or others may read or write it; remove it",
        ));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
