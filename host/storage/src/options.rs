//! Reads the options of a storage.
//!
//! Guarantee: every fault is reported with the name of its option, all of them at once. No message
//! holds the value of an option.

mod spec;

use std::fmt;

use serde_json::{Map, Value};

use super::secret::Secret;
use vconduit_base::secret_ref::{self, Part};
use vconduit_base::suggest::nearest;

pub use spec::{OptionKind, OptionSpec};

/// A problem of one option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// Name of the option. Empty for a problem of the storage as a whole.
    pub option: String,
    /// The fault and what would be right. Never the value.
    pub message: String,
    /// True if the option is right and the environment of this process lacks something: a secret,
    /// the working store's Redis.
    pub of_environment: bool,
}

impl fmt::Display for OptionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.option.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "option {:?}: {}", self.option, self.message)
        }
    }
}

impl OptionProblem {
    fn new(option: &str, message: impl Into<String>) -> Self {
        Self {
            option: option.to_owned(),
            message: message.into(),
            of_environment: false,
        }
    }
}

/// The options of one storage while an adapter reads them. Values have passed the check of their
/// kind.
pub(crate) struct Options {
    specs: &'static [OptionSpec],
    values: Map<String, Value>,
    /// Problems that make the storage unusable.
    pub problems: Vec<OptionProblem>,
    /// Options that are old or have no effect.
    pub warnings: Vec<OptionProblem>,
}

impl Options {
    /// Reads the configured options, fills in secrets and replaces old names. `null` counts as
    /// absent.
    pub fn new(
        given: &Map<String, Value>,
        specs: &'static [OptionSpec],
        secrets: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let mut options = Self {
            specs,
            values: Map::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(spec) = options.spec(name, given) {
                options.add(spec, name, value, secrets);
            }
        }
        options.report_missing();
        options
    }

    /// Returns the description of a configured option. None if the option has no effect.
    fn spec(&mut self, name: &str, given: &Map<String, Value>) -> Option<&'static OptionSpec> {
        if let Some(spec) = self.specs.iter().find(|spec| spec.name == name) {
            return Some(spec);
        }
        let Some(spec) = self.specs.iter().find(|spec| spec.old_names.contains(&name)) else {
            let hint = nearest(name, self.specs.iter().map(|spec| spec.name))
                .map_or_else(String::new, |known| format!(", did you mean {known:?}?"));
            self.warn(name, format!("is not known and does nothing{hint}"));
            return None;
        };
        let real = spec.name;
        if given.get(real).is_some_and(|value| !value.is_null()) {
            self.warn(
                name,
                format!("is another name of {real:?}, which is given too and counts"),
            );
            return None;
        }
        self.warn(name, format!("is an old name, please write {real:?}"));
        Some(spec)
    }

    fn add(&mut self, spec: &OptionSpec, name: &str, value: &Value, secrets: &dyn Fn(&str) -> Option<String>) {
        let value = self.resolved(name, value, secrets);
        if value.is_null() {
            return;
        }
        match spec.kind.check(&value) {
            Ok(()) => drop(self.values.insert(spec.name.to_owned(), value)),
            Err(message) => self.problem(spec.name, message),
        }
    }

    /// Returns the value with its secrets. Null if one is missing.
    fn resolved(&mut self, option: &str, value: &Value, secrets: &dyn Fn(&str) -> Option<String>) -> Value {
        match value {
            Value::String(text) => match fill_in(text, secrets) {
                Ok(text) => Value::String(text),
                Err(problem) => {
                    self.problems.push(OptionProblem {
                        option: option.to_owned(),
                        ..problem
                    });
                    Value::Null
                }
            },
            Value::Array(items) => items.iter().map(|item| self.resolved(option, item, secrets)).collect(),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| (name.clone(), self.resolved(option, member, secrets)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// Reports required options that are absent. A required option with a wrong value has its
    /// problem already.
    fn report_missing(&mut self) {
        for spec in self.specs.iter().filter(|spec| spec.is_required) {
            let is_given = self.values.get(spec.name).is_some_and(|value| value != "");
            if !is_given && self.problems.iter().all(|problem| problem.option != spec.name) {
                self.problem(spec.name, "is needed");
            }
        }
    }

    /// Removes a value and returns it.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        debug_assert!(
            self.specs.iter().any(|spec| spec.name == name),
            "the option {name} is read and not described"
        );
        self.values.remove(name)
    }

    /// Returns a text that is not empty.
    pub fn text(&mut self, name: &str) -> Option<String> {
        debug_assert!(!self.is_secret(name), "the option {name} is secret and read as a text");
        self.any_text(name)
    }

    /// Returns a text that is not empty and must not be shown.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        debug_assert!(
            self.is_secret(name),
            "the option {name} is read as a secret and is none"
        );
        self.any_text(name).map(Secret::new)
    }

    fn any_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        self.specs.iter().any(|spec| spec.name == name && spec.is_secret)
    }

    /// Returns a flag, or `default` if there is none.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        self.take(name).and_then(|value| value.as_bool()).unwrap_or(default)
    }

    /// Returns a whole number within the bounds of its kind, or `default` if there is none.
    pub fn whole(&mut self, name: &str, default: u64) -> u64 {
        self.take(name).as_ref().and_then(spec::whole).unwrap_or(default)
    }

    /// Adds a problem.
    pub fn problem(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(OptionProblem::new(name, message));
    }

    /// Adds a problem of the environment: it lacks something that the option needs.
    pub fn problem_of_environment(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(OptionProblem {
            of_environment: true,
            ..OptionProblem::new(name, message)
        });
    }

    /// Adds a warning: the option still works, or does nothing.
    pub fn warn(&mut self, name: &str, message: impl Into<String>) {
        self.warnings.push(OptionProblem::new(name, message));
    }
}

/// Replaces each `{{secret:NAME}}`. The problem does not name the option.
fn fill_in(text: &str, secrets: &dyn Fn(&str) -> Option<String>) -> Result<String, OptionProblem> {
    let mut filled = String::new();
    for part in secret_ref::parts(text) {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Secret(name) => {
                let missing = || OptionProblem {
                    of_environment: true,
                    ..OptionProblem::new("", format!("there is no secret named {name:?}"))
                };
                filled.push_str(&secrets(name).ok_or_else(missing)?);
            }
            Part::Unclosed(_) => return Err(OptionProblem::new("", "holds {{secret: without }}")),
        }
    }
    Ok(filled)
}

#[cfg(test)]
impl Options {
    /// Returns the names of the options that no adapter has read.
    pub fn unread(&self) -> Vec<&str> {
        self.values.keys().map(String::as_str).collect()
    }
}
