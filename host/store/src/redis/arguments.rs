//! The parts of ARGV that several scripts share, in the order in which `lua/lib/*.lua` reads them,
//! and the reply of scripts with a claim or a write.
//!
//! Guarantee: the scripts read exactly the items that are appended here.

use redis::Cmd;

use super::errors::damaged;
use super::{RedisStore, keys, revision};
use crate::claims::MAX_TRAIL_ENTRIES;
use crate::{Effects, Guarded, Revision, StoreError, Write};
use vcon_document::VconId;
use vcon_document::index::IndexKind;
use vconduit_base::lifetimes::MAX_LIFETIME_S;
use vconduit_base::names::ListName;

/// Lifetime of a staged text in milliseconds, for a host that dies before its script runs.
const STAGED_MS: u64 = 30_000;

/// Returns the command that stores a large text for its script. `None` for a small text, and with
/// RedisJSON, where the script needs the text itself.
pub fn stage(text: &str, token: &str, json: bool) -> Option<Cmd> {
    if json || token.is_empty() {
        return None;
    }
    // Room for the whole text at once: a buffer that grows to megabytes is copied each time that it
    // grows.
    let mut set = Cmd::with_capacity(5, text.len() + 256);
    set.arg("SET")
        .arg(keys::staged(token))
        .arg(text)
        .arg("PX")
        .arg(STAGED_MS);
    Some(set)
}

/// A conditional write, with the revision that the document will have.
pub struct PlannedWrite<'a> {
    write: Option<&'a Write>,
    token: String,
    json: bool,
    /// The revision after the write. `None` without a write, and with RedisJSON: the server writes
    /// the text in its own form, so only it knows the revision.
    pub new: Option<Revision>,
}

impl<'a> PlannedWrite<'a> {
    /// Prepares a write. `json` is true when documents are RedisJSON values.
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

    /// Returns the command that must come before the script.
    pub fn stage(&self) -> Option<Cmd> {
        self.write.and_then(|write| stage(&write.text, &self.token, self.json))
    }

    /// Appends the write, for `take_write`.
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

    /// Returns the result of a script with a claim or a write.
    pub fn guarded(&self, operation: &'static str, reply: &[String]) -> Result<Guarded, StoreError> {
        match (reply.first().map(String::as_str), reply.get(1)) {
            (Some("done"), Some(is)) => Ok(Guarded::Done(Some(Revision(is.as_str().into())))),
            (Some("done"), None) => Ok(Guarded::Done(None)),
            (Some("again"), Some(was)) => Ok(Guarded::Done(Some(Revision(was.as_str().into())))),
            (Some("again"), None) => Ok(Guarded::Done(self.new.clone())),
            (Some("lost"), _) => Ok(Guarded::LostClaim),
            (Some("conflict"), _) => Ok(Guarded::Conflict),
            (Some("gone"), _) => Ok(Guarded::Gone),
            _ => Err(damaged(operation, "unknown reply of a script")),
        }
    }
}

impl RedisStore {
    /// Appends effects, for `take_effects`.
    pub(super) fn append_effects(call: &mut Cmd, effects: &Effects) {
        call.arg(effects.push.len());
        for (list, id) in &effects.push {
            call.arg(list.as_str()).arg(id.as_str());
        }
        call.arg(effects.expire.len());
        for (id, seconds) in &effects.expire {
            call.arg(id.as_str()).arg((*seconds).min(MAX_LIFETIME_S));
        }
        call.arg(usize::from(effects.needs.is_some()));
        if let Some(needed) = &effects.needs {
            let revision = needed.revision.as_ref().map_or("", |revision| &revision.0);
            call.arg(needed.id.as_str()).arg(revision);
        }
    }

    /// Appends a trail entry, for `take_trail`: for the claimed vCon, and for the current vCon when
    /// that is another.
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

    /// Appends lists to push to, for `take_targets`.
    pub(super) fn append_targets(&self, call: &mut Cmd, context: Option<&str>, lists: &[ListName]) {
        call.arg(context.unwrap_or_default())
            .arg(self.lifetimes.context_s)
            .arg(lists.len());
        for list in lists {
            call.arg(list.as_str());
        }
    }

    /// Appends the terms of a document, for `take_index`.
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
