//! The file: when it is worth reading, and what was in it.
//!
//! Guarantee: a file is taken only when two looks in a row saw it the same, so that one still being written is left alone.

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

/// What can be known of a file without reading it.
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
    /// What was handed out last.
    taken: Option<Seen>,
    /// What the last look found, if it was something new.
    candidate: Option<[u8; 32]>,
    /// The last failure, so that each is told once.
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
