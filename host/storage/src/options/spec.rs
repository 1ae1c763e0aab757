//! Descriptions of options: the vocabulary of an adapter.
//!
//! Guarantee: a value that passes [`OptionKind::check`] has the type and the range that its adapter
//! reads. The message for any other value does not show it.

use serde_json::Value;

/// An option of an adapter.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Name in a configuration.
    pub name: &'static str,
    /// Other names that users have in their files. They work with a warning, unless the real name
    /// is configured too.
    pub old_names: &'static [&'static str],
    /// Type and range of its values.
    pub kind: OptionKind,
    /// True if the storage can't work without it. An empty text counts as absent.
    pub is_required: bool,
    /// True if the value is a credential, or may hold one.
    pub is_secret: bool,
}

/// The type of an option's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// A text.
    Text,
    /// True or false.
    Flag,
    /// A whole number, or its digits as text, since variables of the environment are texts.
    Whole {
        /// The smallest value.
        min: u64,
        /// The largest value.
        max: u64,
    },
    /// The mode of a file: `"0644"`, `0o644` or 420.
    FileMode,
    /// URLs: a list of texts, or one text.
    Urls,
    /// Header names with their values.
    Headers,
}

impl OptionSpec {
    /// Describes an option that is neither required nor secret.
    pub(crate) const fn new(name: &'static str, kind: OptionKind) -> Self {
        Self {
            name,
            old_names: &[],
            kind,
            is_required: false,
            is_secret: false,
        }
    }

    /// Adds other names of the option.
    pub(crate) const fn old_names(self, old_names: &'static [&'static str]) -> Self {
        Self { old_names, ..self }
    }

    /// Marks the option as required.
    pub(crate) const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    /// Marks the value as a credential, or as one that may hold a credential.
    pub(crate) const fn secret(self) -> Self {
        Self {
            is_secret: true,
            ..self
        }
    }
}

impl OptionKind {
    /// Checks a value.
    ///
    /// # Errors
    /// The text that completes "option …", without the value.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        let fits = match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Whole { .. } => whole(value).is_some(),
            Self::FileMode => value.is_string() || value.is_number(),
            Self::Urls => value.is_string() || value.is_array(),
            Self::Headers => value.is_object(),
        };
        if !fits {
            return Err(format!("must be {}, not {}", self.wanted(), type_name(value)));
        }
        match (self, whole(value)) {
            (Self::Whole { min, max }, Some(number)) if !(min..=max).contains(&number) => {
                Err(format!("must be from {min} to {max}"))
            }
            _ => Ok(()),
        }
    }

    const fn wanted(self) -> &'static str {
        match self {
            Self::Text => "text (in quotes)",
            Self::Flag => "true or false",
            Self::Whole { .. } => "a whole number",
            Self::FileMode => "a file mode, such as \"0644\"",
            Self::Urls => "a list of URLs",
            Self::Headers => "a mapping of names to texts",
        }
    }
}

/// Reads a whole number from 0 on, as a number or as its digits.
pub(super) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    }
}

/// Returns the type of a JSON value, for people.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
