//! Bounds of one text.
//!
//! Guarantee: nodes that an alias repeats are counted each time, so a short text can't expand into
//! a long one.

use super::note::Note;
use super::{Kind, Node, Position};

/// The longest text: far above any configuration, far below what would hurt.
pub(super) const MAX_BYTES: usize = 4 << 20;
/// Lists and mappings within each other. Options of real links go to about 8.
const MAX_DEPTH: usize = 64;
/// Values, with those that aliases repeat.
const MAX_NODES: usize = 200_000;
/// Bytes of all texts, with those that aliases repeat.
const MAX_TEXT: usize = 4 * MAX_BYTES;

/// Amounts used so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    nodes: usize,
    text_bytes: usize,
}

impl Budget {
    /// Takes one value.
    pub(super) fn take(&mut self, text_bytes: usize, place: Position) -> Result<(), Note> {
        self.nodes += 1;
        self.text_bytes += text_bytes;
        if self.nodes <= MAX_NODES && self.text_bytes <= MAX_TEXT {
            return Ok(());
        }
        let message = format!("more than {MAX_NODES} values or {MAX_TEXT} bytes of text, with what aliases repeat");
        Err(Note::fatal(
            place,
            message,
            "use fewer aliases (`*name`), or split the work over several hosts",
        ))
    }

    /// Takes a value that is to be copied, and checks that it does not lie too deep where it goes.
    pub(super) fn take_all(&mut self, node: &Node, place: Position, depth: usize) -> Result<(), Note> {
        let text_bytes = if let Kind::Text(text) = &node.kind {
            text.len()
        } else {
            0
        };
        self.take(text_bytes, place)?;
        check_depth(depth, place)?;
        match &node.kind {
            Kind::List(values) => values
                .iter()
                .try_for_each(|value| self.take_all(value, place, depth + 1)),
            Kind::Map(entries) => entries.iter().try_for_each(|entry| {
                self.take(entry.key.len(), place)?;
                self.take_all(&entry.value, place, depth + 1)
            }),
            _ => Ok(()),
        }
    }
}

/// Refuses a node that is nested too deeply.
pub(super) fn check_depth(depth: usize, place: Position) -> Result<(), Note> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    let message = format!("lists and mappings lie more than {MAX_DEPTH} deep within each other");
    Err(Note::fatal(place, message, "make the structure flatter"))
}
