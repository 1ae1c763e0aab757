//! YAML as users of the Conserver write it: the safe subset of YAML 1.1, with positions for
//! messages.
//!
//! Guarantee: time and memory of reading are in proportion to the text. Depth, size and the
//! expansion of aliases are bounded. Nothing in the text is run or fetched.

mod budget;
mod frame;
mod note;
mod parse;
mod scalar;

use serde_json::{Map, Number, Value};

pub(super) use parse::parse;

/// A place in the text. Zero where a value did not come from a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Position,
    pub(super) kind: Kind,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A member of a mapping. Keys are unique within it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_place: Position,
    pub(super) value: Node,
}

impl Node {
    /// A value without a place.
    pub(super) fn from_json(value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(value) => Kind::Number(value.clone()),
            Value::String(value) => Kind::Text(value.clone()),
            Value::Array(values) => Kind::List(values.iter().map(Self::from_json).collect()),
            Value::Object(members) => Kind::Map(
                members
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_place: Position::default(),
                        value: Self::from_json(value),
                    })
                    .collect(),
            ),
        };
        Self {
            place: Position::default(),
            kind,
        }
    }

    /// The value without its places.
    pub(super) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::Text(value) => Value::String(value.clone()),
            Kind::List(values) => Value::Array(values.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => Value::Object(json_map(entries)),
        }
    }

    /// Name of the kind of the value, for messages.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// True if the value is absent or null.
    pub(super) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The members without their places.
pub(super) fn json_map(entries: &[Entry]) -> Map<String, Value> {
    entries
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.to_json()))
        .collect()
}
