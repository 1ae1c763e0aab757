//! The collection of faults.
//!
//! Guarantee: number and size of the faults are bounded for every document.

use serde_json::Value;

use super::IngestFault;
use crate::Pointer;
use crate::scan::SyntaxError;
use crate::view::View;

/// The largest number of faults that are kept. A document with more has one mistake many times, and
/// the response has to stay small.
const MAX_FAULTS: usize = 1000;
/// The largest number of characters of the value at fault that are shown.
const MAX_INPUT_CHARS: usize = 200;

/// A member name or an index on the way to a fault.
#[derive(Debug, Clone, Copy)]
pub(super) enum PathStep {
    Name(&'static str),
    Index(usize),
}

#[derive(Default)]
pub(super) struct Faults {
    list: Vec<IngestFault>,
}

impl Faults {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<IngestFault> {
        self.list
    }

    /// Adds a fault of the value at a path.
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        path: &[PathStep],
        message: impl Into<String>,
        input: Option<View<'_>>,
    ) {
        let pointer = pointer(path);
        self.push(IngestFault {
            kind,
            location: location(path),
            message: message.into(),
            pointer,
            input: shown(input),
        });
    }

    /// Adds a fault of the value at a path that clients know as a fault of the whole body.
    pub(super) fn add_of_body(
        &mut self,
        kind: &'static str,
        path: &[PathStep],
        message: String,
        input: Option<View<'_>>,
    ) {
        self.push(IngestFault {
            kind,
            location: Vec::new(),
            message,
            pointer: pointer(path),
            input: shown(input),
        });
    }

    /// Adds a fault of the JSON text. The location is the position in characters.
    pub(super) fn syntax(&mut self, text: &str, error: &SyntaxError) {
        let position = text.get(..error.at).unwrap_or(text).chars().count();
        self.push(IngestFault {
            kind: "json_invalid",
            location: vec![position.into()],
            message: format!("JSON decode error: {}", error.describe(text)),
            pointer: String::new(),
            input: Value::Object(serde_json::Map::new()),
        });
    }

    fn push(&mut self, fault: IngestFault) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(fault);
        }
    }
}

fn location(path: &[PathStep]) -> Vec<Value> {
    let value = |step: &PathStep| match step {
        PathStep::Name(name) => Value::from(*name),
        PathStep::Index(at) => Value::from(*at),
    };
    path.iter().map(value).collect()
}

fn pointer(path: &[PathStep]) -> String {
    let child = |pointer: Pointer, step: &PathStep| match step {
        PathStep::Name(name) => pointer.child(name),
        PathStep::Index(at) => pointer.child(&at.to_string()),
    };
    path.iter().fold(Pointer::root(), child).to_string()
}

fn shown(input: Option<View<'_>>) -> Value {
    let Some(input) = input else { return Value::Null };
    let text = input.text();
    match text.char_indices().nth(MAX_INPUT_CHARS - 1) {
        Some((cut, last)) if cut + last.len_utf8() < text.len() => {
            Value::String(format!("{}…", text.get(..cut).unwrap_or_default()))
        }
        _ => serde_json::from_str(&text).unwrap_or(Value::Null),
    }
}
