//! Annotations in the schema of a link's options, by which a link says what a host needs to know of it.
//!
//! Guarantee: an annotation that is not known here, or has another form, says nothing. `wit/package.wit` documents them for authors.

use serde_json::Value;

/// On the schema of a text, or of a value with texts in it: what these texts name. `http`, `secret`, `queue`, or a list of them.
pub(super) const GRANT: &str = "x-vcon-grant";

/// On the schema of a text: public hosts that the link calls when the text is not empty. `{name}` stands for another option.
pub(super) const GRANT_HOSTS: &str = "x-vcon-grant-hosts";

/// On the schema as a whole: `true` where an instance may serve one call after the other.
const REUSE: &str = "x-vcon-reuse";

/// Whether an instance may serve one call after the other.
pub(super) fn reuse(schema: &Value) -> bool {
    schema.get(REUSE) == Some(&Value::Bool(true))
}

/// The texts of an annotation: one, or a list of them.
pub(super) fn texts<'a>(schema: &'a Value, annotation: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let found = schema.get(annotation);
    let listed = found.and_then(Value::as_array).into_iter().flatten();
    found.into_iter().chain(listed).filter_map(Value::as_str)
}
