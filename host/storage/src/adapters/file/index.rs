//! Remembers the file of each vCon, so that a save needs no search for older files.
//!
//! Guarantee: the index is only a hint. For a vCon that it does not know the folders are searched.
//! Reads and deletes always search. Files that another host wrote are not known, so an old one of
//! theirs may remain, and reads take the newest.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::layout;

/// Maximum number of vCons that are remembered, at 24 bytes each. Saves of others search.
const MAX_VCONS: usize = 2_000_000;

/// Index of one folder. It is filled at its first use.
#[derive(Debug, Default)]
pub struct Index(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    /// Files by the hash of the vCon's id.
    files: HashMap<u64, KnownFile>,
    /// True while a vCon that is not in `files` has no file.
    complete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KnownFile {
    /// Hash of the path of the only file, below the base.
    One(u64),
    /// Perhaps several files.
    Several,
}

impl Index {
    /// Records that this file becomes the only one. Returns true if there may be others.
    pub fn replace(&self, base: &Path, path: &Path) -> bool {
        let Some((id, file)) = entry(base, path) else {
            return true;
        };
        let mut state = self.lock();
        let known = state.get_or_insert_with(|| Known::load(base));
        let before = known.files.get(&id).copied();
        known.note(id, file);
        before.map_or(!known.complete, |before| before != file)
    }

    /// Records that the next save has to search: the last one failed, or the file is deleted.
    pub fn doubt(&self, base: &Path, path: &Path) {
        if let (Some((id, _)), Some(known)) = (entry(base, path), self.lock().as_mut()) {
            known.note(id, KnownFile::Several);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn load(base: &Path) -> Self {
        let mut known = Self {
            files: HashMap::new(),
            complete: true,
        };
        if let Err(error) = known.read(base) {
            tracing::warn!(folder = %base.display(), "the folder can't be listed, so saves search it: {error}");
            known.complete = false;
        }
        known
    }

    fn read(&mut self, base: &Path) -> io::Result<()> {
        for folder in layout::folders(base)? {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for found in entries {
                let Some((id, file)) = entry(base, &found?.path()) else {
                    continue;
                };
                let file = if self.files.contains_key(&id) {
                    KnownFile::Several
                } else {
                    file
                };
                self.note(id, file);
            }
        }
        Ok(())
    }

    fn note(&mut self, id: u64, file: KnownFile) {
        if self.files.len() < MAX_VCONS || self.files.contains_key(&id) {
            self.files.insert(id, file);
        } else {
            self.complete = false;
        }
    }
}

/// Returns the hash of the id, and the file. None if it is not the file of a vCon.
fn entry(base: &Path, path: &Path) -> Option<(u64, KnownFile)> {
    let id = layout::stem(path.file_name()?.to_str()?)?;
    Some((hash(id), KnownFile::One(hash(path.strip_prefix(base).ok()?.to_str()?))))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
