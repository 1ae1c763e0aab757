//! Down-conversion of what leaves (`spec/conserver.md` §5.6, setting `EGRESS_FORMAT_VERSION`).

use std::sync::Arc;

use super::Document;

/// What leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EgressFormat {
    /// As stored.
    #[default]
    AsStored,
    /// The Conserver's 0.0.1.
    V0_0_1,
}

impl EgressFormat {
    /// Reads the setting; empty is the default.
    ///
    /// # Errors
    /// A message that names the values that work.
    pub fn from_setting(_value: &str) -> Result<Self, String> { todo!() }
    /// The document's text in this format. Sealed forms leave as they are.
    #[must_use]
    pub fn apply(self, _document: &Document) -> Arc<str> { todo!() }
}
