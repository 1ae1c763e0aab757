//! The party indexes of a document.

use super::Document;
use crate::store::IndexKind;

/// The non-empty `tel`, `mailto` and `name` texts of each party, in party order.
#[must_use]
pub fn terms(_document: &Document) -> Vec<(IndexKind, String)> { todo!() }
