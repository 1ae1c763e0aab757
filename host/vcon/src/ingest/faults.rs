//! Collects faults.
//!
//! Guarantee: their number and size are bounded, whatever the document.

use serde_json::Value;

use super::Fault;
use crate::Pointer;
use crate::scan::SyntaxError;
use crate::view::View;

/// At most so many faults are kept. A document with more has one mistake made often, and the answer has to stay small.
const MAX_FAULTS: usize = 1000;
/// At most so many characters of the value at fault are shown.
const MAX_INPUT_CHARS: usize = 200;

/// One step of the way to a fault.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Name(&'static str),
    Index(usize),
}

#[derive(Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
}

impl Faults {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_list(self) -> Vec<Fault> {
        self.list
    }

    /// Adds a fault of the value at a path.
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        path: &[Step],
        message: impl Into<String>,
        input: Option<View<'_>>,
    ) {
        let pointer = pointer(path);
        self.push(Fault {
            kind,
            location: location(path),
            message: message.into(),
            pointer,
            input: shown(input),
        });
    }

    /// Adds a fault that clients know as one of the whole body, although it is about the value at a path.
    pub(super) fn add_of_body(&mut self, kind: &'static str, path: &[Step], message: String, input: Option<View<'_>>) {
        self.push(Fault {
            kind,
            location: Vec::new(),
            message,
            pointer: pointer(path),
            input: shown(input),
        });
    }

    /// Adds a fault of the JSON text itself. The location is the position in characters.
    pub(super) fn syntax(&mut self, text: &str, error: &SyntaxError) {
        let position = text.get(..error.at).unwrap_or(text).chars().count();
        self.push(Fault {
            kind: "json_invalid",
            location: vec![position.into()],
            message: format!("JSON decode error: {}", error.describe(text)),
            pointer: String::new(),
            input: Value::Object(serde_json::Map::new()),
        });
    }

    fn push(&mut self, fault: Fault) {
        if self.list.len() < MAX_FAULTS {
            self.list.push(fault);
        }
    }
}

fn location(path: &[Step]) -> Vec<Value> {
    let value = |step: &Step| match step {
        Step::Name(name) => Value::from(*name),
        Step::Index(at) => Value::from(*at),
    };
    path.iter().map(value).collect()
}

fn pointer(path: &[Step]) -> String {
    let child = |pointer: Pointer, step: &Step| match step {
        Step::Name(name) => pointer.child(name),
        Step::Index(at) => pointer.child(&at.to_string()),
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
