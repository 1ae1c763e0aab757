//! What a component says about itself (`describe`), checked.

use serde_json::{Map, Value};

use super::CompileError;
use super::bindings::wit::outcomes::Description as WitDescription;
use vconduit_base::text;

/// A text in a description. Schemas of the standard links are below 8 KiB.
const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;

/// What a component says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its name, `[a-z0-9_-]+`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// JSON Schema of the options.
    pub options_schema: Value,
    /// The default options.
    pub defaults: Map<String, Value>,
    /// What it asks to be granted, in the shape of a link's `grants`. Only that it is an object has been checked.
    pub needs: Map<String, Value>,
}

impl Description {
    /// Checks what a component said.
    pub(super) fn checked(said: WitDescription) -> Result<Self, CompileError> {
        let bad = |what: &str| CompileError::BadDescription(what.to_owned());
        let plain = |name: &str| {
            !name.is_empty()
                && name.len() <= 100
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
        };
        if !plain(&said.name) {
            return Err(bad("its name has to be 1 to 100 of a-z, 0-9, _ and -"));
        }
        let longest = said.options_schema.len().max(said.defaults.len()).max(said.needs.len());
        if longest > MAX_DESCRIPTION_BYTES {
            return Err(bad("options-schema, defaults and needs may have 256 KiB each"));
        }
        let defaults = serde_json::from_str(&said.defaults)
            .map_err(|error| bad(&format!("defaults is not a JSON object: {error}")))?;
        let options_schema = serde_json::from_str(&said.options_schema)
            .map_err(|error| bad(&format!("options-schema is not JSON: {error}")))?;
        let needs = serde_json::from_str(&said.needs)
            .map_err(|error| bad(&format!("needs is not a JSON object: {error}; write {{}} for nothing")))?;
        Ok(Self {
            name: said.name,
            version: text::clean(&said.version, 100).into_owned(),
            summary: text::clean(&said.summary, 1000).into_owned(),
            options_schema,
            defaults,
            needs,
        })
    }
}
