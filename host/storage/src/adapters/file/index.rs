//! Which vCons have a file, and where: so that a save needs no search for files that it makes stale.
//!
//! Guarantee: only ever a hint. Where it doesn't know, the folders are searched; reads and deletes always search. Files that another host
//! writes are not known here, so that a stale one of theirs may stay; reads take the newest.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::layout;

/// How many vCons are remembered; 24 bytes each. Beyond, saves of unknown vCons search.
const MOST: usize = 2_000_000;

/// The index of one folder; filled when first used.
#[derive(Debug, Default)]
pub struct Index(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    places: HashMap<u64, Place>,
    /// Whether a vCon that is not in `places` has no file.
    complete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The hash of the only file's path below the base.
    One(u64),
    Several,
}

impl Index {
    /// Notes that this file is about to be the only one; answers whether there may be others.
    pub fn replace(&self, base: &Path, path: &Path) -> bool {
        let Some((id, place)) = entry(base, path) else {
            return true;
        };
        let mut state = self.lock();
        let known = state.get_or_insert_with(|| Known::load(base));
        let before = known.places.get(&id).copied();
        known.note(id, place);
        before.map_or(!known.complete, |before| before != place)
    }

    /// Notes that a search is needed the next time: this one failed, or the file is gone.
    pub fn doubt(&self, base: &Path, path: &Path) {
        if let (Some((id, _)), Some(known)) = (entry(base, path), self.lock().as_mut()) {
            known.note(id, Place::Several);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn load(base: &Path) -> Self {
        let mut known = Self {
            places: HashMap::new(),
            complete: true,
        };
        if let Err(error) = known.read(base) {
            tracing::warn!(folder = %base.display(), "the folder can't be listed, saves search it: {error}");
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
            for file in entries {
                let Some((id, place)) = entry(base, &file?.path()) else {
                    continue;
                };
                let place = if self.places.contains_key(&id) {
                    Place::Several
                } else {
                    place
                };
                self.note(id, place);
            }
        }
        Ok(())
    }

    fn note(&mut self, id: u64, place: Place) {
        if self.places.len() < MOST || self.places.contains_key(&id) {
            self.places.insert(id, place);
        } else {
            self.complete = false;
        }
    }
}

/// The id's hash and the place; nothing if it isn't a vCon's file.
fn entry(base: &Path, path: &Path) -> Option<(u64, Place)> {
    let id = layout::stem(path.file_name()?.to_str()?)?;
    Some((hash(id), Place::One(hash(path.strip_prefix(base).ok()?.to_str()?))))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
