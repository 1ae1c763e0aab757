//! The lock that gives the file to one process.
//!
//! Guarantee: while a [`Lock`] lives, no other process gets one for the same directory. It is a
//! lock of the operating system, so it ends with its process, however that ends. The process id in
//! the file only tells people which process holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::errors::cannot_open;
use crate::StoreError;

/// The lock of a directory, held while the store is open.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of this directory. `database` is the path that an error names.
    pub fn take(directory: &Path, database: &Path) -> Result<Self, StoreError> {
        let path = directory.join("vconduit.lock");
        let refused = |error| cannot_open(&path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(file, database)),
            Err(TryLockError::Error(error)) => return Err(refused(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(refused)?;
        Ok(Self { _file: file })
    }
}

fn in_use(mut file: File, database: &Path) -> StoreError {
    let mut text = String::new();
    // The other process may be about to write its id. Then it is 0.
    let pid = file
        .read_to_string(&mut text)
        .ok()
        .and_then(|_| text.trim().parse().ok())
        .unwrap_or(0);
    StoreError::InUse {
        path: database.display().to_string(),
        pid,
    }
}
