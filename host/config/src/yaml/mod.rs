//! YAML as the Conserver's users write it: the safe subset of YAML 1.1, with places for messages.
//!
//! Guarantee: reading takes time and memory in proportion to the text; depth, size and what aliases expand to are bounded; nothing
//! in the text is run or fetched.

mod budget;
mod frame;
mod parse;
mod scalar;

use serde_json::{Map, Number, Value};

pub(super) use parse::parse;

/// A place in the text. Zero where a value did not come from a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
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
    pub(super) key_place: Place,
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
                        key_place: Place::default(),
                        value: Self::from_json(value),
                    })
                    .collect(),
            ),
        };
        Self {
            place: Place::default(),
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

    /// What kind of value it is, for messages.
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

    /// Whether nothing was written.
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
