//! The progress of a run through its chain.
//!
//! Guarantee: a place in a chain survives an edit of the chain. It holds the names of all links
//! that are done and of all that are left, so that it can be found again in a chain whose links
//! were inserted, removed or moved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use vcon_document::VconId;
use vconduit_base::names::{ChainName, Digest, LinkName};

/// Progress of a chain run. The default is that of a run that has not begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Chain that the checkpoint was written for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainName>,
    /// Index of the next link, from 0, in the chain at the time of writing. The number of links
    /// when only storages and egress were left. Used only where `progress` is absent.
    #[serde(default)]
    pub next_link: u32,
    /// Place in the chain by the names of the links. Absent when the run has not begun, or when an
    /// older host wrote the checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The vCon that the run is about now, when a link has switched to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<VconId>,
    /// Begin of the run, in Unix milliseconds, for operators. 0: not begun.
    #[serde(default)]
    pub began_ms: u64,
    /// Time in milliseconds that workers have spent on the run. The `timeout` of the chain counts
    /// it. Time in which the run was parked or waited for a worker is not part of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spent_ms: u64,
    /// Versions of links to run instead of the active ones, from a retry with other versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<LinkName, Digest>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The links of a chain, divided at the place where a run stands. A chain may name a link several
/// times.
///
/// An empty half is left out of the text: the Lua of Redis can't tell an empty array from an empty
/// object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The links that ran or were passed over, the last one at the end. Links that have been
    /// removed from the chain since stay here.
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
