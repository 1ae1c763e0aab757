//! Remarks about a text.

use super::Position;

/// A remark about a position in the text.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) place: Position,
    /// True where the text can't be used.
    pub(crate) fatal: bool,
    /// The fault.
    pub(crate) message: String,
    /// The next step. Empty where the message is enough.
    pub(crate) hint: String,
}

impl Note {
    /// The text can't be used.
    pub(super) fn fatal(place: Position, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            place,
            fatal: true,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The text can be used, and perhaps means something else than its writer thought.
    pub(super) fn doubt(place: Position, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            fatal: false,
            ..Self::fatal(place, message, hint)
        }
    }
}
