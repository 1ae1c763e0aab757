//! JSON text: strict scanning, and the Conserver's own way of writing it.

/// The deepest nesting of arrays and objects that is taken. serde_json's own limit; real vCons stay below 12.
pub const MAX_DEPTH: usize = 128;

/// Rewrites JSON text the way Python's `json.dumps` does (`spec/links.md` §2.3): `", "`, `": "`, ASCII escapes, Python float forms.
#[must_use]
pub fn python_text(_json: &str) -> String { todo!() }
