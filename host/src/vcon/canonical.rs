//! Current names on the way in (`spec/conserver.md` §5.4), the written form on the way out (§5.5). Both idempotent; sealed forms untouched.

use super::Document;

/// Renames what is older, in memory. Not a change that has to be written.
pub fn upgrade(_document: &mut Document) { todo!() }

/// The form that is written after an edit: upgraded, `vcon` 0.4.0, no empty `group` / `redacted`, JSON bodies as text.
pub fn enforce(_document: &mut Document) { todo!() }
