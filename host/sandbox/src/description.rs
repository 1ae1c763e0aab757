//! Descriptions of components (`describe`), checked.

use serde_json::{Map, Value};

use crate::bindings::wit::outcomes::Description as WitDescription;
use crate::compile_error::CompileError;
use vconduit_base::text;

/// Maximum length of a JSON text in a description, in bytes. Schemas of the standard links are
/// below 8 KiB.
const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;

/// Description of a component, as it gives it itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Name of the link, `[a-z0-9_-]+`, at most 100 characters.
    pub name: String,
    /// Version of the link. Escaped and bounded, else unchecked.
    pub version: String,
    /// Purpose of the link, in one sentence.
    pub summary: String,
    /// JSON Schema of the options. Only that it is JSON has been checked.
    pub options_schema: Value,
    /// Default options.
    pub defaults: Map<String, Value>,
    /// Grants that the link asks for, in the form of a link's `grants`. Only that it is an object
    /// has been checked.
    pub needs: Map<String, Value>,
}

impl Description {
    /// Checks the result of `describe`.
    pub(crate) fn checked(described: WitDescription) -> Result<Self, CompileError> {
        let bad = |what: &str| CompileError::BadDescription(what.to_owned());
        let plain = |name: &str| {
            !name.is_empty()
                && name.len() <= 100
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
        };
        if !plain(&described.name) {
            return Err(bad("its name has to be 1 to 100 of a-z, 0-9, _ and -"));
        }
        let longest = described
            .options_schema
            .len()
            .max(described.defaults.len())
            .max(described.needs.len());
        if longest > MAX_DESCRIPTION_BYTES {
            return Err(bad("options-schema, defaults and needs may have 256 KiB each"));
        }
        let defaults = serde_json::from_str(&described.defaults)
            .map_err(|error| bad(&format!("defaults is not a JSON object: {error}")))?;
        let options_schema = serde_json::from_str(&described.options_schema)
            .map_err(|error| bad(&format!("options-schema is not JSON: {error}")))?;
        let needs = serde_json::from_str(&described.needs)
            .map_err(|error| bad(&format!("needs is not a JSON object: {error}; write {{}} for nothing")))?;
        Ok(Self {
            name: described.name,
            version: text::clean(&described.version, 100).into_owned(),
            summary: text::clean(&described.summary, 1000).into_owned(),
            options_schema,
            defaults,
            needs,
        })
    }
}
