//! Analyses and attachments that a link adds. The encoding follows from the body that is given.

use crate::bindings::link::vcon::link::document as host;
use crate::{Error, json};
use serde::Serialize;
use serde_json::{Map, Value};

pub use host::Encoding;

/// An analysis entry to add.
///
/// ```
/// # use vcon_link::prelude::*;
/// fn add_summary(vcon: &Vcon, summary: &str) -> Result<(), Failure> {
///     let analysis = Analysis::text("summary", "acme", summary);
///     vcon.add_analysis(analysis.dialog(0).extra("schema", "v1"))?;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Analysis {
    kind: String,
    vendor: String,
    dialogs: Vec<u32>,
    body: String,
    encoding: Encoding,
    extra: Map<String, Value>,
}

impl Analysis {
    /// Makes an analysis whose body is text.
    pub fn text(kind: &str, vendor: &str, body: impl Into<String>) -> Self {
        Self::encoded(kind, vendor, body, Encoding::None)
    }

    /// Makes an analysis whose body is JSON.
    pub fn json<T: Serialize + ?Sized>(kind: &str, vendor: &str, body: &T) -> Result<Self, Error> {
        Ok(Self::encoded(kind, vendor, json::write(body)?, Encoding::Json))
    }

    /// Makes an analysis whose body is already encoded.
    pub fn encoded(kind: &str, vendor: &str, body: impl Into<String>, encoding: Encoding) -> Self {
        let (kind, vendor, body) = (kind.to_owned(), vendor.to_owned(), body.into());
        Self {
            kind,
            vendor,
            dialogs: Vec::new(),
            body,
            encoding,
            extra: Map::new(),
        }
    }

    /// Sets the index of the dialog that the analysis is about.
    pub fn dialog(self, index: u32) -> Self {
        Self {
            dialogs: vec![index],
            ..self
        }
    }

    /// Sets the indexes of the dialogs that the analysis is about. One index is written as a
    /// number, more as an array.
    pub fn dialogs(self, indexes: &[u32]) -> Self {
        Self {
            dialogs: indexes.to_vec(),
            ..self
        }
    }

    /// Adds a further member (`schema`, `product`, `vendor_schema` …).
    pub fn extra(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }
}

impl From<Analysis> for host::Analysis {
    fn from(entry: Analysis) -> Self {
        let Analysis {
            kind,
            vendor,
            dialogs,
            body,
            encoding,
            extra,
        } = entry;
        Self {
            kind,
            dialogs,
            vendor,
            body,
            encoding,
            extra: members(extra),
        }
    }
}

/// An attachment to add.
#[derive(Debug, Clone)]
pub struct Attachment {
    purpose: String,
    body: String,
    encoding: Encoding,
    extra: Map<String, Value>,
}

impl Attachment {
    /// Makes an attachment whose body is text.
    pub fn text(purpose: &str, body: impl Into<String>) -> Self {
        Self::encoded(purpose, body, Encoding::None)
    }

    /// Makes an attachment whose body is JSON.
    pub fn json<T: Serialize + ?Sized>(purpose: &str, body: &T) -> Result<Self, Error> {
        Ok(Self::encoded(purpose, json::write(body)?, Encoding::Json))
    }

    /// Makes an attachment whose body is already encoded.
    pub fn encoded(purpose: &str, body: impl Into<String>, encoding: Encoding) -> Self {
        Self {
            purpose: purpose.to_owned(),
            body: body.into(),
            encoding,
            extra: Map::new(),
        }
    }

    /// Adds a further member (`mediatype`, `start`, `party`, `dialog` …).
    pub fn extra(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extra.insert(name.to_owned(), value.into());
        self
    }
}

impl From<Attachment> for host::Attachment {
    fn from(entry: Attachment) -> Self {
        let Attachment {
            purpose,
            body,
            encoding,
            extra,
        } = entry;
        Self {
            purpose,
            body,
            encoding,
            extra: members(extra),
        }
    }
}

fn members(extra: Map<String, Value>) -> Option<String> {
    (!extra.is_empty()).then(|| Value::Object(extra).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_analysis_carries_what_was_given() {
        let entry = Analysis::json("topics", "acme", &["a"])
            .unwrap()
            .dialogs(&[0, 2])
            .extra("schema", "v1");
        let entry = host::Analysis::from(entry);
        assert_eq!(entry.body, r#"["a"]"#);
        assert_eq!(entry.encoding, Encoding::Json);
        assert_eq!(entry.dialogs, [0, 2]);
        assert_eq!(entry.extra.as_deref(), Some(r#"{"schema":"v1"}"#));
    }

    #[test]
    fn without_further_members_there_is_no_extra() {
        assert_eq!(host::Attachment::from(Attachment::text("note", "x")).extra, None);
    }
}
