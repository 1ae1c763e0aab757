//! Conversion of outgoing documents to an older version of the format.
//!
//! Guarantee: the document itself is not changed. Without the setting, its text is sent as it is.

use super::Text;
use super::canonical::{LISTS, Rename, edit_entries, edit_top, rename, rename_all, set_version};
use super::json;
use super::scan::MAX_DEPTH;
use super::tree::{Key, Node, Object};
use super::view::View;
use super::{Document, Form};

const TOP: [Rename; 2] = [("amended", "appended"), ("critical", "must_support")];
const ENTRY: [Rename; 3] = [
    ("schema", "schema_version"),
    ("mediatype", "mimetype"),
    ("critical", "must_support"),
];
const REQUIRED: [(&str, &str); 3] = [("group", "[]"), ("redacted", "{}"), ("appended", "null")];

/// The format in which documents are sent.
///
/// # Examples
/// ```
/// use vcon_document::{Document, EgressFormat};
///
/// let document = Document::parse(r#"{"vcon":"0.4.0","group":[],"redacted":{},"amended":null}"#)?;
/// let sent = EgressFormat::V0_0_1.apply(&document);
/// assert_eq!(&*sent, r#"{"vcon":"0.0.1","group":[],"redacted":{},"appended":null}"#);
/// # Ok::<(), vcon_document::DocumentError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EgressFormat {
    /// The text as stored.
    #[default]
    AsStored,
    /// vCon 0.0.1 as the vCon Conserver writes it: with the old member names, JSON bodies as
    /// values, and `group`, `redacted` and `appended` always present.
    V0_0_1,
}

impl EgressFormat {
    /// Reads the Conserver's setting `EGRESS_FORMAT_VERSION`. Empty is the default.
    ///
    /// # Errors
    /// A message that lists the known values, if this is none of them.
    pub fn from_setting(value: &str) -> Result<Self, String> {
        match value {
            "" => Ok(Self::AsStored),
            "0.0.1" => Ok(Self::V0_0_1),
            other => Err(format!(
                "EGRESS_FORMAT_VERSION {other:?} is not known: use 0.0.1, or leave it empty to send documents as stored"
            )),
        }
    }

    /// Returns the document's text in this format. Signed and encrypted documents are sent as they
    /// are.
    #[must_use]
    pub fn apply(self, document: &Document) -> Text {
        if self == Self::AsStored || document.form() != Form::Unsigned {
            return document.text();
        }
        let mut leaving = document.clone();
        rename(&mut leaving, &TOP);
        for list in LISTS {
            edit_entries(&mut leaving, list, |_| true, |object, base| entry(list, object, base));
        }
        for (name, value) in REQUIRED {
            if leaving.view().member(name).is_none() {
                edit_top(&mut leaving, |object, base| {
                    object.set(Key::Name(name), Node::Fixed(value), base);
                });
            }
        }
        set_version(&mut leaving, "0.0.1", "\"0.0.1\"");
        leaving.text()
    }
}

fn entry(list: &str, object: &mut Object, base: &str) {
    rename_all(object, &ENTRY, base);
    if list == "attachments" && object.get("type", base).is_none() {
        object.rename("purpose", "type", base);
    }
    if list != "dialog" {
        body_as_value(object, base);
    }
}

/// Replaces a body of JSON text by its value. A body that is not JSON stays.
fn body_as_value(object: &mut Object, base: &str) {
    let member = |name| object.get(name, base).map(|node| View::of(node, base));
    if !member("encoding").is_some_and(|encoding| encoding.is("json")) {
        return;
    }
    let Some(text) = member("body").and_then(View::string) else {
        return;
    };
    // A body is inside three levels: document, list, entry.
    if !json::check(&text).is_ok_and(|levels| levels + 3 <= MAX_DEPTH) {
        return;
    }
    let value = Node::raw(&*text);
    object.set(Key::Name("body"), value, base);
    object.set(Key::Name("encoding"), Node::Fixed("\"none\""), base);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> String {
        EgressFormat::V0_0_1.apply(&Document::parse(text).unwrap()).to_string()
    }

    #[test]
    fn an_unknown_setting_is_refused_with_the_known_ones() {
        assert_eq!(EgressFormat::from_setting(""), Ok(EgressFormat::AsStored), "empty");
        assert_eq!(EgressFormat::from_setting("0.0.1"), Ok(EgressFormat::V0_0_1), "0.0.1");
        assert!(
            EgressFormat::from_setting("0.3.0").unwrap_err().contains("0.0.1"),
            "message"
        );
    }

    #[test]
    fn a_current_document_is_sent_with_the_old_names() {
        let text = concat!(
            r#"{"vcon":"0.4.0","uuid":"u","amended":null,"critical":[],"#,
            r#""dialog":[{"mediatype":"a/b","body":"{}","encoding":"json","schema":"s"}],"#,
            r#""analysis":[{"type":"t","body":"[1, 2.50]","encoding":"json"}],"#,
            r#""attachments":[{"purpose":"tags","body":"not json","encoding":"json"},{"type":"x","purpose":"y"}]}"#
        );
        let expected = concat!(
            r#"{"vcon":"0.0.1","uuid":"u","#,
            r#""dialog":[{"body":"{}","encoding":"json","schema_version":"s","mimetype":"a/b"}],"#,
            r#""analysis":[{"type":"t","body":[1, 2.50],"encoding":"none"}],"#,
            r#""attachments":[{"body":"not json","encoding":"json","type":"tags"},{"type":"x","purpose":"y"}],"#,
            r#""appended":null,"must_support":[],"group":[],"redacted":{}}"#
        );
        assert_eq!(sent(text), expected, "0.0.1 form");
    }

    #[test]
    fn the_default_and_sealed_forms_are_sent_unchanged() {
        let stored = Document::parse(r#" {"uuid": "u"}"#).unwrap();
        assert_eq!(
            &*EgressFormat::AsStored.apply(&stored),
            r#" {"uuid": "u"}"#,
            "as stored"
        );
        let sealed = r#"{"payload":"x","signatures":[]}"#;
        assert_eq!(sent(sealed), sealed, "sealed");
    }

    #[test]
    fn the_document_itself_is_not_changed() {
        let document = Document::parse(r#"{"uuid":"u","amended":{}}"#).unwrap();
        let _ = EgressFormat::V0_0_1.apply(&document);
        assert_eq!(&*document.text(), r#"{"uuid":"u","amended":{}}"#, "text");
    }
}
