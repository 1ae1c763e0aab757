//! Annotations in the schema of a link's options, by which a link states the grants and properties
//! that a host needs to know.
//!
//! Guarantee: an annotation that is unknown or has another form is ignored. `wit/package.wit`
//! documents them for authors.

use serde_json::Value;

/// On the schema of a text, or of a value with texts in it: the kind of things that these texts
/// name. `http`, `secret`, `queue`, or a list of them.
pub(super) const GRANT: &str = "x-vcon-grant";

/// On the schema of a text: public hosts that the link calls when the text is not empty. `{name}`
/// stands for another option.
pub(super) const GRANT_HOSTS: &str = "x-vcon-grant-hosts";

/// On the schema as a whole: `true` where an instance may serve one call after the other.
const REUSE: &str = "x-vcon-reuse";

/// True if an instance may serve one call after the other.
pub(super) fn reuse(schema: &Value) -> bool {
    schema.get(REUSE) == Some(&Value::Bool(true))
}

/// The texts of an annotation: one, or a list of them.
pub(super) fn texts<'a>(schema: &'a Value, annotation: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let found = schema.get(annotation);
    let listed = found.and_then(Value::as_array).into_iter().flatten();
    found.into_iter().chain(listed).filter_map(Value::as_str)
}
