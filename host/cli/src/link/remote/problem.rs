//! A server's explanation of a refusal (`application/problem+json`, RFC 9457).

use std::fmt;

use serde_json::{Value, json};

use crate::link::words;

/// A refusal of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerProblem {
    /// HTTP status.
    pub status: u16,
    /// Kind of the problem, in a few words.
    pub title: String,
    /// The thing at fault in this request.
    pub detail: String,
    /// The next step.
    pub fix: String,
    /// The whole body, unchanged.
    pub raw: Value,
}

impl ServerProblem {
    /// The problem in a response, if there is one. A refused key is a problem even without an
    /// explanation.
    pub(super) fn of(status: u16, body: Option<Value>) -> Option<Self> {
        let explained = body.filter(|body| status >= 400 && body.get("title").is_some_and(Value::is_string));
        let raw = match (explained, status) {
            (Some(body), _) => body,
            (None, 401 | 403) => json!({
                "status": status,
                "title": "the server does not accept this key",
                "fix": "give the admin key with --key-file or VCONDUIT_ADMIN_KEY",
            }),
            (None, _) => return None,
        };
        let text = |name| raw.get(name).and_then(Value::as_str).unwrap_or_default();
        let member = |name| words::foreign(text(name)).into_owned();
        Some(Self {
            status,
            title: member("title"),
            detail: member("detail"),
            fix: member("fix"),
            raw,
        })
    }
}

impl fmt::Display for ServerProblem {
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
