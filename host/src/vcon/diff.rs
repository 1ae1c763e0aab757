//! What changed between two documents, as edits.

use super::{Document, Edit};

/// Edits that turn `before` into `after`. Members that hold the same value written differently (escapes, spaces, `1.0` for `1.00`) are not a change.
#[must_use]
pub fn diff(_before: &Document, _after: &Document) -> Vec<Edit> { todo!() }
