//! Reading a storage's options.
//!
//! Guarantee: every fault is reported by the option's name, all of them at once, and no message holds an option's value.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::secret::Secret;
use vconduit_base::secret_ref::{self, Part};
use vconduit_base::suggest::nearest;

/// Something about one option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// The option; empty where the storage as a whole is meant.
    pub option: String,
    /// What is wrong and what would be right. Never the value.
    pub message: String,
    /// Whether the option is right and something is missing in the environment of this process: a secret, the working store's Redis.
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

/// What an adapter knows: its options, and other names that users have in their files.
pub(super) struct Vocabulary {
    /// Every option that has a meaning.
    pub known: &'static [&'static str],
    /// (alias, real name); the real name wins where both are given (`spec/storages.md` §3.16).
    pub aliases: &'static [(&'static str, &'static str)],
}

/// The options of one storage while they are read.
pub(super) struct Options {
    values: Map<String, Value>,
    /// What makes the storage unusable.
    pub problems: Vec<OptionProblem>,
    /// What is worth a line in the log.
    pub warnings: Vec<OptionProblem>,
}

impl Options {
    /// Takes the options as given: secrets filled in, aliases renamed, unknown names noted. `null` counts as absent.
    pub fn new(given: &Map<String, Value>, words: &Vocabulary, secrets: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut options = Self {
            values: Map::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            if let Some(real) = options.real_name(name, given, words) {
                let value = options.resolved(name, value, secrets);
                options.values.insert(real, value);
            }
        }
        options
    }

    fn real_name(&mut self, name: &str, given: &Map<String, Value>, words: &Vocabulary) -> Option<String> {
        if words.known.contains(&name) {
            return Some(name.to_owned());
        }
        let Some((_, real)) = words.aliases.iter().find(|(alias, _)| *alias == name) else {
            let hint = nearest(name, words.known.iter().copied())
                .map_or_else(String::new, |known| format!(", did you mean {known:?}?"));
            self.warn(name, format!("is not known and does nothing{hint}"));
            return None;
        };
        if given.get(*real).is_some_and(|value| !value.is_null()) {
            self.warn(
                name,
                format!("is another name of {real:?}, which is given too and counts"),
            );
            return None;
        }
        self.warn(name, format!("is an old name, please write {real:?}"));
        Some((*real).to_owned())
    }

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

    /// The value as given, taken out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => self.wrong(name, "text (in quotes)", &other),
        }
    }

    /// A text that isn't empty.
    pub fn filled(&mut self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A text that must not be seen.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    /// A yes or no.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.take(name) {
            None => default,
            Some(Value::Bool(flag)) => flag,
            Some(other) => self.wrong(name, "true or false", &other).unwrap_or(default),
        }
    }

    /// A whole number within bounds; as text too, since variables of the environment are texts.
    pub fn whole(&mut self, name: &str, default: u64, bounds: RangeInclusive<u64>) -> u64 {
        let Some(value) = self.take(name) else {
            return default;
        };
        let number = match &value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64(),
        };
        match number {
            Some(number) if bounds.contains(&number) => number,
            Some(_) => {
                self.problem(name, format!("must be from {} to {}", bounds.start(), bounds.end()));
                default
            }
            None => self.wrong(name, "a whole number", &value).unwrap_or(default),
        }
    }

    /// Notes a value of the wrong type.
    pub fn wrong<T>(&mut self, name: &str, wanted: &str, found: &Value) -> Option<T> {
        self.problem(name, format!("must be {wanted}, not {}", type_name(found)));
        None
    }

    /// Notes a fault.
    pub fn problem(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(OptionProblem {
            option: name.to_owned(),
            message: message.into(),
            of_environment: false,
        });
    }

    /// Notes that the environment lacks something that the option needs.
    pub fn problem_of_environment(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(OptionProblem {
            option: name.to_owned(),
            message: message.into(),
            of_environment: true,
        });
    }

    /// Notes something that still works.
    pub fn warn(&mut self, name: &str, message: impl Into<String>) {
        self.warnings.push(OptionProblem {
            option: name.to_owned(),
            message: message.into(),
            of_environment: false,
        });
    }
}

/// What a JSON value is, for people.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Replaces each `{{secret:NAME}}`. The problem names no option.
fn fill_in(text: &str, secrets: &dyn Fn(&str) -> Option<String>) -> Result<String, OptionProblem> {
    let problem = |message: String, of_environment| OptionProblem {
        option: String::new(),
        message,
        of_environment,
    };
    let mut filled = String::new();
    for part in secret_ref::parts(text) {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Secret(name) => {
                let missing = || problem(format!("there is no secret named {name:?}"), true);
                filled.push_str(&secrets(name).ok_or_else(missing)?);
            }
            Part::Unclosed(_) => return Err(problem("holds {{secret: without }}".to_owned(), false)),
        }
    }
    Ok(filled)
}
