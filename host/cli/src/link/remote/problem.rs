//! What a server says when it does not do what it was asked (`application/problem+json`).

use std::fmt;

use serde_json::{Value, json};

use super::text;
use crate::link::words;

/// A server's no.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What it is, in a few words.
    pub title: String,
    /// What it is about here.
    pub detail: String,
    /// What to do.
    pub fix: String,
    /// All of it, as it came.
    pub raw: Value,
}

impl Problem {
    /// The problem in an answer, if it is one. A server that only refuses the key need not say more.
    pub(super) fn of(status: u16, body: Option<Value>) -> Option<Self> {
        let said = body.filter(|body| status >= 400 && body.get("title").is_some_and(Value::is_string));
        let raw = match (said, status) {
            (Some(body), _) => body,
            (None, 401 | 403) => json!({
                "status": status,
                "title": "the server does not accept this key",
                "fix": "give the admin key with --key-file or VCONDUIT_ADMIN_KEY",
            }),
            (None, _) => return None,
        };
        let member = |name| words::foreign(text(&raw, name)).into_owned();
        Some(Self {
            status,
            title: member("title"),
            detail: member("detail"),
            fix: member("fix"),
            raw,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        if !self.fix.is_empty() {
            write!(f, "\n  help: {}", self.fix)?;
        }
        Ok(())
    }
}
