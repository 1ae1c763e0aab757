//! Problems of a configuration, each with its position and the next step.
//!
//! Guarantee: a configuration with at least one [`Severity::Error`] is never used.

use serde::Serialize;

use super::yaml::Position;
use super::{Config, Written};

/// Severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can't.
    Error,
    /// It can; something in it has no effect, or perhaps not the one that was meant.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Severity: with an error the configuration can't be used.
    pub severity: Severity,
    /// The line, from 1; 0 where the configuration did not come from a text.
    pub line: usize,
    /// The column in characters, from 1; 0 where the configuration did not come from a text.
    pub column: usize,
    /// Path in the structure, for example `chains.main.links[2]`. Empty for the file as a whole.
    pub path: String,
    /// Description of the problem.
    pub message: String,
    /// The next step. Empty where the message is enough.
    pub hint: String,
}

impl Problem {
    /// A warning about the value at this path. Its line is not known.
    pub fn warning(path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            line: 0,
            column: 0,
            path: path.into(),
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// Problems in one line of text.
#[must_use]
pub fn in_one_line(problems: &[Problem]) -> String {
    let one = |problem: &Problem| {
        let hint = match problem.hint.as_str() {
            "" => String::new(),
            hint => format!(" ({hint})"),
        };
        format!("{}: {}{hint}", problem.path, problem.message)
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A configuration after all checks.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Source of the text, for messages: a path, or `the store`.
    pub source: String,
    /// The configuration; absent when there is an error.
    pub config: Option<Config>,
    /// All problems, in the order of the file.
    pub problems: Vec<Problem>,
    /// The configuration as written, as JSON: the content of the store's copy. Empty when the text
    /// could not be read.
    pub written: Written,
}

impl Checked {
    /// True if the configuration can't be used.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// The problems that keep it from being used.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// Adds problems that were found after reading. With an error among them the configuration is
    /// removed.
    pub fn add(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.problems.extend(problems);
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        if self.has_errors() {
            self.config = None;
        }
    }

    /// The problems that don't.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Warning)
    }
}

/// Collects problems.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
}

/// More than this many problems help nobody, and a hostile file must not fill the memory with them.
const MAX_PROBLEMS: usize = 200;

impl Problems {
    /// Notes an error.
    pub(super) fn error(&mut self, place: Position, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.note(Severity::Error, place, path, message.into(), hint.into());
    }

    /// Notes a warning.
    pub(super) fn warn(&mut self, place: Position, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.note(Severity::Warning, place, path, message.into(), hint.into());
    }

    /// Notes an error, or a warning for what is switched off.
    pub(super) fn error_if(
        &mut self,
        is_error: bool,
        place: Position,
        path: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        self.note(severity, place, path, message.into(), hint.into());
    }

    fn note(&mut self, severity: Severity, place: Position, path: &str, message: String, hint: String) {
        // An error must never be lost among warnings: it decides whether the configuration is used.
        if self.is_full(severity == Severity::Error) {
            return;
        }
        self.found.push(Problem {
            severity,
            line: place.line,
            column: place.column,
            path: path.to_owned(),
            message,
            hint,
        });
    }

    /// True if further problems would be dropped. The caller then need not compute their messages.
    pub(super) fn is_full(&self, for_errors: bool) -> bool {
        self.found.len() >= MAX_PROBLEMS && (!for_errors || self.has_errors())
    }

    /// True if the configuration can't be used.
    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// All of them, in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }
}
