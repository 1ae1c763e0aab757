//! What is wrong with a configuration: every problem with its place and what to do about it.
//!
//! Guarantee: a configuration with at least one [`Severity::Error`] is never used.

use serde::Serialize;
use utoipa::ToSchema;

use super::yaml::Place;
use super::{Config, Written};

/// Whether a configuration with this problem can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can't.
    Error,
    /// It can; something in it has no effect, or perhaps not the one that was meant.
    Warning,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ConfigProblem)]
pub struct Problem {
    /// Whether the configuration can be used all the same.
    pub severity: Severity,
    /// The line, from 1; 0 where the configuration did not come from a text.
    pub line: usize,
    /// The column in characters, from 1; 0 where the configuration did not come from a text.
    pub column: usize,
    /// Where in the structure, for example `chains.main.links[2]`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty where the message says it all.
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
    /// Where it came from, for messages: a path, or `the store`.
    pub source: String,
    /// The configuration; absent when there is an error.
    pub config: Option<Config>,
    /// All problems, in the order of the file.
    pub problems: Vec<Problem>,
    /// What the operator wrote, as JSON: what goes into the store's copy. Empty when the text could not be read.
    pub written: Written,
}

impl Checked {
    /// Whether it can't be used.
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

    /// Adds problems that were found after reading. With an error among them there is no configuration any more.
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
const MOST: usize = 200;

impl Problems {
    /// Notes an error.
    pub(super) fn error(&mut self, place: Place, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.note(Severity::Error, place, path, message.into(), hint.into());
    }

    /// Notes a warning.
    pub(super) fn warn(&mut self, place: Place, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.note(Severity::Warning, place, path, message.into(), hint.into());
    }

    /// Notes an error, or a warning for what is switched off.
    pub(super) fn error_if(
        &mut self,
        is_error: bool,
        place: Place,
        path: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        self.note(severity, place, path, message.into(), hint.into());
    }

    fn note(&mut self, severity: Severity, place: Place, path: &str, message: String, hint: String) {
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

    /// Whether more problems would be dropped, so that there is no need to look for the best words.
    pub(super) fn is_full(&self, for_errors: bool) -> bool {
        self.found.len() >= MOST && (!for_errors || self.has_errors())
    }

    /// Whether the configuration can't be used.
    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// All of them, in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }
}
