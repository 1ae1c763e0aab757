//! The parts of ARGV that several scripts share, in the order in which `lua/lib/*.lua` reads them; and their answer.
//!
//! Guarantee: what is appended here is read there, item by item.

use redis::Cmd;

use super::errors::damaged;
use super::{RedisStore, keys, revision};
use crate::claims::MAX_TRAIL_ENTRIES;
use crate::{Effects, Guarded, Revision, StoreError, Write};
use vcon_document::VconId;
use vcon_document::index::IndexKind;
use vconduit_base::names::ListName;

/// How long a text waits that no script came for: its host died in between.
const STAGED_MS: u64 = 30_000;

/// The command that puts a large text where its script finds it. With RedisJSON the script needs the text itself.
pub fn stage(text: &str, token: &str, json: bool) -> Option<Cmd> {
    if json || token.is_empty() {
        return None;
    }
    // Room for all of it at once: a buffer that grows to megabytes is copied each time that it grows.
    let mut set = Cmd::with_capacity(5, text.len() + 256);
    set.arg("SET")
        .arg(keys::staged(token))
        .arg(text)
        .arg("PX")
        .arg(STAGED_MS);
    Some(set)
}

/// A conditional write, with the revision that the document will have.
pub struct Planned<'a> {
    write: Option<&'a Write>,
    token: String,
    json: bool,
    /// The revision after the write, where it can be known beforehand.
    pub new: Option<Revision>,
}

impl<'a> Planned<'a> {
    /// Prepares a write. With RedisJSON the server writes the text in its own way, so only it knows the new revision.
    pub fn new(write: Option<&'a Write>, json: bool) -> Self {
        let token = write
            .map(|write| revision::new_token(&write.text, json))
            .unwrap_or_default();
        let new = write
            .filter(|_| !json)
            .map(|write| revision::of(&write.text, Some(&token)));
        Self {
            write,
            token,
            json,
            new,
        }
    }

    /// What has to go in front of the script.
    pub fn stage(&self) -> Option<Cmd> {
        self.write.and_then(|write| stage(&write.text, &self.token, self.json))
    }

    /// `take_write`
    pub fn append(&self, call: &mut Cmd) {
        let Some(write) = self.write else {
            call.arg("0");
            return;
        };
        let new = self.new.as_ref().map_or("", |new| &new.0);
        let staged = !self.json && !self.token.is_empty();
        let text = if staged { "" } else { &*write.text };
        call.arg("1")
            .arg(write.id.as_str())
            .arg(text)
            .arg(&*write.expected.0)
            .arg(new)
            .arg(&self.token);
    }

    /// The answer of a guarded script in the words of the trait.
    pub fn guarded(&self, operation: &'static str, answer: &[String]) -> Result<Guarded, StoreError> {
        match (answer.first().map(String::as_str), answer.get(1)) {
            (Some("done"), Some(is)) => Ok(Guarded::Done(Some(Revision(is.as_str().into())))),
            (Some("done"), None) => Ok(Guarded::Done(None)),
            (Some("again"), Some(was)) => Ok(Guarded::Done(Some(Revision(was.as_str().into())))),
            (Some("again"), None) => Ok(Guarded::Done(self.new.clone())),
            (Some("lost"), _) => Ok(Guarded::LostClaim),
            (Some("conflict"), _) => Ok(Guarded::Conflict),
            (Some("gone"), _) => Ok(Guarded::Gone),
            _ => Err(damaged(operation, "unknown answer of a script")),
        }
    }
}

impl RedisStore {
    /// `take_effects`
    pub(super) fn append_effects(call: &mut Cmd, effects: &Effects) {
        call.arg(effects.push.len());
        for (list, id) in &effects.push {
            call.arg(list.as_str()).arg(id.as_str());
        }
        call.arg(effects.expire.len());
        for (id, seconds) in &effects.expire {
            call.arg(id.as_str()).arg(*seconds);
        }
    }

    /// `take_trail`: for the entry, and for the current vCon when that is another one.
    pub(super) fn append_trail(&self, call: &mut Cmd, trail: Option<&str>, entry: &VconId, current: Option<&VconId>) {
        let trail = trail.filter(|_| self.lifetimes.trail_s > 0);
        let current = current.filter(|current| *current != entry);
        call.arg(trail.unwrap_or_default())
            .arg(self.lifetimes.trail_s)
            .arg(MAX_TRAIL_ENTRIES)
            .arg(1 + usize::from(current.is_some()))
            .arg(entry.as_str());
        if let Some(current) = current {
            call.arg(current.as_str());
        }
    }

    /// `take_targets`
    pub(super) fn append_targets(&self, call: &mut Cmd, context: Option<&str>, lists: &[ListName]) {
        call.arg(context.unwrap_or_default())
            .arg(self.lifetimes.context_s)
            .arg(lists.len());
        for list in lists {
            call.arg(list.as_str());
        }
    }

    /// `take_index`
    pub(super) fn append_index(
        &self,
        call: &mut Cmd,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) {
        let created = created_at_s.map(|at| at.to_string()).unwrap_or_default();
        call.arg(id.as_str())
            .arg(created)
            .arg(self.lifetimes.index_s)
            .arg(index.len());
        for (kind, value) in index {
            call.arg(keys::index(*kind, value));
        }
    }
}
