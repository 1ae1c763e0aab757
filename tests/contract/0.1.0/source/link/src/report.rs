//! The results of calls, as lines of text.

use std::fmt::Display;

use crate::vcon::link::document::{self, Analysis, Encoding};
use crate::vcon::link::types::Error;

#[derive(Default)]
pub struct Report {
    lines: Vec<String>,
}

impl Report {
    /// Adds one line.
    pub fn line(&mut self, call: &str, result: impl Display) {
        self.lines.push(format!("{call}={result}"));
    }

    /// Adds a result that has a text.
    pub fn result<T: Display>(&mut self, call: &str, result: Result<T, Error>) {
        match result {
            Ok(value) => self.line(call, value),
            Err(error) => self.line(call, name(&error)),
        }
    }

    /// Adds a result that may be absent.
    pub fn option<T: Display>(&mut self, call: &str, result: Result<Option<T>, Error>) {
        let shown = result.map(|value| value.map_or("none".to_owned(), |value| value.to_string()));
        self.result(call, shown);
    }

    /// Adds a result without a value.
    pub fn done(&mut self, call: &str, result: Result<(), Error>) {
        self.result(call, result.map(|()| "done"));
    }

    /// Adds the lines to the vCon.
    pub fn add_to_vcon(self) {
        let entry = Analysis {
            kind: "contract".to_owned(),
            dialogs: Vec::new(),
            vendor: "contract 0.1.0".to_owned(),
            body: self.lines.join("\n"),
            encoding: Encoding::None,
            extra: None,
        };
        let _ = document::add_analysis(&entry);
    }
}

/// The case of an error. Its text is for people and no part of the contract.
pub fn name(error: &Error) -> &'static str {
    match error {
        Error::Missing => "error:missing",
        Error::Opaque => "error:opaque",
        Error::BadPointer(_) => "error:bad-pointer",
        Error::BadJson(_) => "error:bad-json",
        Error::WrongType(_) => "error:wrong-type",
        Error::Limit(_) => "error:limit",
        Error::Denied(_) => "error:denied",
        Error::Unavailable(_) => "error:unavailable",
    }
}
