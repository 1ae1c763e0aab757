//! Reads typed values from a mapping.
//!
//! Guarantee: a value of the wrong type is reported with its position and the expected type. Null
//! counts as absent.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Problems;
use crate::yaml::{Entry, Kind, Node, Position, json_map};
use vconduit_base::names::NameError;
use vconduit_base::suggest::nearest;

/// The members of a mapping at a path.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    entries: &'a [Entry],
    pub(super) path: &'a str,
    pub(super) place: Position,
}

impl<'a> Fields<'a> {
    /// The members of `node`; null has none. `what` completes "… has to be a mapping".
    pub(super) fn of(node: &'a Node, path: &'a str, what: &str, problems: &mut Problems) -> Option<Self> {
        let entries: &[Entry] = match &node.kind {
            Kind::Null => &[],
            Kind::Map(entries) => entries,
            _ => {
                let message = format!("{what} has to be a mapping, not {}", node.kind_name());
                problems.error(node.place, path, message, "write `key: value` lines under it, indented");
                return None;
            }
        };
        Some(Self {
            entries,
            path,
            place: node.place,
        })
    }

    /// The members of a named mapping; what it lacks is reported at its name.
    pub(super) fn of_entry(entry: &'a Entry, path: &'a str, what: &str, problems: &mut Problems) -> Option<Self> {
        Some(Self {
            place: entry.key_place,
            ..Self::of(&entry.value, path, what, problems)?
        })
    }

    /// All members, in order.
    pub(super) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// A member, even one that is null.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// A member that is not null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key)
            .map(|entry| &entry.value)
            .filter(|value| !value.is_null())
    }

    /// The path of a member.
    pub(super) fn at(&self, key: &str) -> String {
        join(self.path, key)
    }

    /// Reports members that nothing reads.
    pub(super) fn report_unknown(&self, known: &[&str], are_errors: bool, problems: &mut Problems) {
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            if problems.is_full(are_errors) {
                return;
            }
            let hint = match nearest(&entry.key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            let effect = if are_errors {
                "is not known here"
            } else {
                "is not known here and has no effect"
            };
            let message = format!("`{}` {effect}", entry.key);
            problems.error_if(are_errors, entry.key_place, &self.at(&entry.key), message, hint);
        }
    }

    /// A text.
    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<&'a str> {
        let node = self.get(key)?;
        text(node, &self.at(key), problems)
    }

    /// A mapping, as JSON; empty where nothing is given.
    pub(super) fn json_map(&self, key: &str, problems: &mut Problems) -> Map<String, Value> {
        let Some(node) = self.get(key) else { return Map::new() };
        options(node, &self.at(key), problems)
    }

    /// A time in seconds, whole or not.
    pub(super) fn seconds(&self, key: &str, most: Duration, problems: &mut Problems) -> Option<Duration> {
        let node = self.get(key)?;
        let value = match &node.kind {
            Kind::Number(number) => number.as_f64(),
            _ => None,
        };
        let duration = value
            .and_then(|value| Duration::try_from_secs_f64(value).ok())
            .filter(|value| *value <= most);
        if duration.is_none() {
            let message = format!("`{key}` has to be a number of seconds from 0 to {}", most.as_secs());
            problems.error(node.place, &self.at(key), message, format!("for example `{key}: 30`"));
        }
        duration
    }
}

/// A path's member.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A text; says how to write one that looks like something else.
pub(super) fn text<'a>(node: &'a Node, path: &str, problems: &mut Problems) -> Option<&'a str> {
    let text = node.as_text();
    if text.is_none() {
        let hint = match node.kind {
            Kind::Bool(_) | Kind::Number(_) => "put it in quotes to make it a text",
            _ => "",
        };
        problems.error(
            node.place,
            path,
            format!("this has to be a text, not {}", node.kind_name()),
            hint,
        );
    }
    text
}

/// Options: a mapping, kept as it is.
pub(super) fn options(node: &Node, path: &str, problems: &mut Problems) -> Map<String, Value> {
    match &node.kind {
        Kind::Null => Map::new(),
        Kind::Map(entries) => json_map(entries),
        _ => {
            let message = format!("options have to be a mapping, not {}", node.kind_name());
            problems.error(node.place, path, message, "write `key: value` lines under it, indented");
            Map::new()
        }
    }
}

/// The entries of a list, each with its path; null has none.
pub(super) fn list<'a>(node: Option<&'a Node>, path: &str, problems: &mut Problems) -> Vec<(&'a Node, String)> {
    let Some(node) = node else { return Vec::new() };
    match &node.kind {
        Kind::Null => Vec::new(),
        Kind::List(values) => values
            .iter()
            .enumerate()
            .map(|(index, value)| (value, format!("{path}[{index}]")))
            .collect(),
        _ => {
            let message = format!("this has to be a list, not {}", node.kind_name());
            problems.error(node.place, path, message, "write one `- entry` a line, or `[a, b]`");
            Vec::new()
        }
    }
}

/// A checked name.
pub(super) fn name<T: TryFrom<String, Error = NameError>>(
    text: &str,
    place: Position,
    path: &str,
    problems: &mut Problems,
) -> Option<T> {
    T::try_from(text.to_owned())
        .map_err(|error| problems.error(place, path, error.to_string(), "choose another name"))
        .ok()
}

/// A list of checked names, each with its place and path.
pub(super) fn names<T: TryFrom<String, Error = NameError>>(
    node: Option<&Node>,
    path: &str,
    problems: &mut Problems,
) -> Vec<(T, Position, String)> {
    let mut found = Vec::new();
    for (node, path) in list(node, path, problems) {
        let Some(text) = text(node, &path, problems) else {
            continue;
        };
        if let Some(value) = name(text, node.place, &path, problems) {
            found.push((value, node.place, path));
        }
    }
    found
}

/// True or false.
pub(super) fn truth(node: &Node, path: &str, name: &str, problems: &mut Problems) -> Option<bool> {
    if let Kind::Bool(truth) = node.kind {
        return Some(truth);
    }
    problems.error(node.place, path, format!("`{name}` has to be true or false"), "");
    None
}
