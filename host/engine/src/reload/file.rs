//! The configuration file: detects changes and reads them.
//!
//! Guarantee: a file is read only when two checks in a row found it in the same state, so a file
//! that is being written is not read.

use std::path::Path;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::check::Unreadable;

/// The state of a file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    stat: Stat,
    hash: [u8; 32],
}

/// The state of a file, as far as it is known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    modified: Option<SystemTime>,
    length: u64,
}

/// A file changed again within this time can have kept its time and length: it is read to be sure.
const RECENT: Duration = Duration::from_secs(2);

/// Reads the file.
pub(super) async fn read(path: &Path) -> Result<(Seen, String), Unreadable> {
    let unreadable = |reason| Unreadable {
        path: path.to_owned(),
        reason,
    };
    let stat = stat(path).await.map_err(unreadable)?;
    let text = tokio::fs::read_to_string(path).await.map_err(unreadable)?;
    let hash = Sha256::digest(text.as_bytes()).into();
    Ok((Seen { stat, hash }, text))
}

async fn stat(path: &Path) -> std::io::Result<Stat> {
    let metadata = tokio::fs::metadata(path).await?;
    Ok(Stat {
        modified: metadata.modified().ok(),
        length: metadata.len(),
    })
}

/// Looks at one file again and again.
#[derive(Debug)]
pub(super) struct FileWatch {
    /// State of the last file that was returned.
    taken: Option<Seen>,
    /// Digest of a new file at the last check.
    candidate: Option<[u8; 32]>,
    /// The last failure, so that each is logged once.
    failure: Option<String>,
}

impl FileWatch {
    pub(super) fn new(taken: Option<Seen>) -> Self {
        Self {
            taken,
            candidate: None,
            failure: None,
        }
    }

    /// The text if it is new and has come to rest.
    pub(super) async fn look(&mut self, path: &Path) -> Option<String> {
        let found = self.read_if_new(path).await;
        let (seen, text) = match found {
            Ok(found) => {
                self.failure = None;
                found?
            }
            Err(error) => {
                self.tell_once(&error.to_string());
                return None;
            }
        };
        if self.taken.as_ref().is_some_and(|taken| taken.hash == seen.hash) {
            self.taken = Some(seen);
            self.candidate = None;
            return None;
        }
        if self.candidate != Some(seen.hash) {
            self.candidate = Some(seen.hash);
            return None;
        }
        self.candidate = None;
        self.taken = Some(seen);
        Some(text)
    }

    async fn read_if_new(&self, path: &Path) -> Result<Option<(Seen, String)>, Unreadable> {
        let stat = stat(path).await.map_err(|reason| Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let is_recent = stat
            .modified
            .is_none_or(|modified| modified.elapsed().is_ok_and(|age| age < RECENT));
        let is_same = self.taken.as_ref().is_some_and(|taken| taken.stat == stat);
        if is_same && !is_recent && self.candidate.is_none() {
            return Ok(None);
        }
        read(path).await.map(Some)
    }

    fn tell_once(&mut self, failure: &str) {
        if self.failure.as_deref() != Some(failure) {
            tracing::error!("{failure}; the configuration in force stays");
            self.failure = Some(failure.to_owned());
        }
    }
}
