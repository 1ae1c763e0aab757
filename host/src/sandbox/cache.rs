//! Compiled code on disk.
//!
//! Guarantee: only a file that this program wrote for this component, engine and settings, and that is undamaged and no
//! one else's, is ever loaded. Everything else is compiled again. A cache that can't be used costs time, nothing more.

use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::names::Digest;

/// The first bytes of a file. The number goes up with every change of the layout.
const MAGIC: &[u8; 16] = b"vconduit-code-1\n";

/// SHA-256 of the payload, after the magic.
const HASH_BYTES: usize = 32;

/// The cache. Without a directory it finds and keeps nothing.
#[derive(Debug)]
pub(super) struct Cache {
    directory: Option<PathBuf>,
    suffix: String,
    warned: AtomicBool,
    writes: AtomicU64,
}

impl Cache {
    /// Opens the directory, making it if need be.
    pub(super) fn open(directory: Option<&Path>, engine: &Engine) -> Self {
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

    /// The compiled form of a component, if it is here and sound.
    pub(super) fn load(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let path = self.path(digest)?;
        let bytes = match read_own(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.warn(&path, &error);
                return None;
            }
        };
        let payload = verified(&bytes).or_else(|| {
            tracing::warn!("the compiled code in {} is damaged; compiling again", path.display());
            None
        })?;
        // SAFETY: `deserialize` trusts its input to be what `serialize` gave. The file is ours alone (`read_own`: owner,
        // mode), was written whole under this name (`store`: temporary file, rename), and its hash is that of what was written.
        // An engine with other settings or of another version is told apart by the name, and by wasmtime itself.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize(engine, payload) };
        component
            .inspect_err(|error| {
                tracing::warn!(
                    "the compiled code in {} is for another engine ({error:#}); compiling again",
                    path.display()
                )
            })
            .ok()
    }

    /// Keeps the compiled form of a component.
    pub(super) fn store(&self, digest: &Digest, component: &Component) {
        let Some(path) = self.path(digest) else { return };
        let written = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|payload| self.write(&path, &payload));
        if let Err(error) = written {
            self.warn(&path, &error);
        }
    }

    fn path(&self, digest: &Digest) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(format!("{digest}-{}", self.suffix)))
    }

    fn write(&self, path: &Path, payload: &[u8]) -> io::Result<()> {
        // Two processes, or two threads of one, may write the same component at once: each has its own file until the rename.
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
        let written = write_new(&temporary, payload).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            // Best effort: the first error is the one to tell.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn warn(&self, path: &Path, error: &io::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "can't keep compiled code in {} ({error}); links are compiled again at each start until that is mended",
                path.display()
            );
        }
    }
}

fn write_new(path: &Path, payload: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(MAGIC)?;
    file.write_all(&Sha256::digest(payload))?;
    file.write_all(payload)?;
    file.sync_all()
}

/// Reads a file that belongs to this user and that no one else may write or read.
fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = OpenOptions::new().read(true).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Err(io::Error::other("it is not this user's own; remove it"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The payload of a file, if it is whole.
fn verified(bytes: &[u8]) -> Option<&[u8]> {
    let (hash, payload) = bytes.strip_prefix(MAGIC)?.split_at_checked(HASH_BYTES)?;
    (Sha256::digest(payload).as_slice() == hash).then_some(payload)
}
