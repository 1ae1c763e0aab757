//! Lists and mappings while they are being read.
//!
//! Guarantee: the keys of a finished mapping are unique. Of members with the same key the last is
//! used, and members of `<<` are used only where the mapping has no such key.

use std::collections::{HashMap, HashSet};

use super::note::Note;
use super::{Entry, Kind, Node, Position};

/// A list or mapping that is being read.
pub(super) struct Frame {
    pub(super) place: Position,
    pub(super) anchor: usize,
    pub(super) within: Within,
}

pub(super) enum Within {
    List(Vec<Node>),
    Map(MapFrame),
}

#[derive(Default)]
pub(super) struct MapFrame {
    entries: Vec<Entry>,
    index: HashMap<String, usize>,
    /// The key whose value comes next.
    pub(super) key: Option<(Key, Position)>,
    merges: Vec<Node>,
}

pub(super) enum Key {
    Named(String),
    Merge,
}

impl MapFrame {
    /// Adds a member. As in the Conserver, the last member with a key is used. Repeated keys are
    /// hardly ever meant, so there is a note.
    pub(super) fn member(&mut self, value: Node) -> Option<Note> {
        let (key, key_place) = self.key.take()?;
        let Key::Named(key) = key else {
            self.merges.push(Node {
                place: key_place,
                ..value
            });
            return None;
        };
        let entry = Entry {
            key: key.clone(),
            key_place,
            value,
        };
        if let Some(earlier) = self.index.get(&key).and_then(|index| self.entries.get_mut(*index)) {
            let message = format!(
                "`{key}` was given before, in line {}; only this one counts",
                earlier.key_place.line
            );
            *earlier = entry;
            return Some(Note::doubt(key_place, message, "remove one of them"));
        }
        self.index.insert(key, self.entries.len());
        self.entries.push(entry);
        None
    }

    /// Lays what `<<` names under the members written here.
    pub(super) fn finish(self) -> Result<Vec<Entry>, Note> {
        if self.merges.is_empty() {
            return Ok(self.entries);
        }
        let mut seen: HashSet<String> = self.index.into_keys().collect();
        let mut merged = Vec::new();
        for node in self.merges {
            let place = node.place;
            let sources = match node.kind {
                Kind::List(nodes) => nodes,
                kind => vec![Node { place, kind }],
            };
            for source in sources {
                let Kind::Map(entries) = source.kind else {
                    return Err(Note::fatal(
                        place,
                        "`<<` takes a mapping or a list of mappings",
                        "quote it for a plain key",
                    ));
                };
                merged.extend(entries.into_iter().filter(|entry| seen.insert(entry.key.clone())));
            }
        }
        merged.extend(self.entries);
        Ok(merged)
    }
}
