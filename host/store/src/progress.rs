//! The place of a run in its chain, by the names of the links.
//!
//! Guarantee: a place survives an edit of the chain. It holds the names of all links that are done
//! and of all that are left, so that it can be found again in a chain whose links were inserted,
//! removed or moved.

use serde::{Deserialize, Serialize};

use vconduit_base::names::LinkName;

/// The links of a chain, divided at the place where a run stands. A chain may name a link several
/// times.
///
/// An empty half is left out of the text: the Lua of Redis can't tell an empty array from an empty
/// object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The links that ran or were passed over; the one that ran last is the last. Links that have
    /// been removed from the chain since stay here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<LinkName>,
    /// The links after the place, in order. Empty when only storages and egress are left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LinkName>,
}

impl Progress {
    /// The next link as `<link>#<occurrence in this run, from 1>`; `end` when only storages and
    /// egress are left. No link can be mistaken for the end, because its place always has a number.
    #[must_use]
    pub fn next_place(&self) -> String {
        let Some(next) = self.left.first() else {
            return "end".to_owned();
        };
        let earlier = self.done.iter().filter(|name| *name == next).count();
        format!("{next}#{}", earlier + 1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn progress(done: &[&str], left: &[&str]) -> Progress {
        let names = |texts: &[&str]| texts.iter().map(|text| LinkName::new(text).unwrap()).collect();
        Progress {
            done: names(done),
            left: names(left),
        }
    }

    #[test]
    fn a_place_is_named_by_its_link_and_how_often_the_link_came_before() {
        for (done, left, place) in [
            (&[][..], &["tag"][..], "tag#1"),
            (&["tag", "hook"], &["tag", "hook"], "tag#2"),
            (&["tag", "hook"], &["other"], "other#1"),
            (&["tag"], &[], "end"),
            (&["end"], &["end"], "end#2"),
        ] {
            assert_eq!(progress(done, left).next_place(), place, "{done:?} | {left:?}");
        }
    }

    #[test]
    fn no_empty_array_is_written() {
        for (done, left, text) in [
            (&[][..], &[][..], "{}"),
            (&["tag"], &[], r#"{"done":["tag"]}"#),
            (&[], &["tag"], r#"{"left":["tag"]}"#),
        ] {
            let place = progress(done, left);
            assert_eq!(serde_json::to_string(&place).unwrap(), text);
            assert_eq!(serde_json::from_str::<Progress>(text).unwrap(), place);
        }
    }
}
