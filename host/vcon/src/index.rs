//! The terms of a document for party indexes.
//!
//! Guarantee: the terms are the texts of the parties as they are written, not normalised. Searches
//! compare them byte for byte.

use super::Document;
use super::view::View;

/// A party index. Its keys have the form of the vCon Conserver's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexKind {
    /// Telephone numbers. Keys are `tel:<value>`.
    Tel,
    /// Mail addresses. Keys are `mailto:<value>`.
    Mailto,
    /// Names. Keys are `name:<value>`.
    Name,
}

impl IndexKind {
    /// Returns the name of the party's member, which is also the prefix of the key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tel => "tel",
            Self::Mailto => "mailto",
            Self::Name => "name",
        }
    }
}

/// Returns the non-empty texts in `tel`, `mailto` and `name` of each party, in the order of the
/// parties. Signed and encrypted documents have no terms.
///
/// # Examples
/// ```
/// use vcon_document::{Document, index};
///
/// let document = Document::parse(r#"{"parties":[{"name":"Ann","tel":"+15550100"}]}"#)?;
/// let terms = index::terms(&document);
/// assert_eq!(terms[0], (index::IndexKind::Tel, "+15550100".to_owned()));
/// assert_eq!(terms[1], (index::IndexKind::Name, "Ann".to_owned()));
/// # Ok::<(), vcon_document::DocumentError>(())
/// ```
#[must_use]
pub fn terms(document: &Document) -> Vec<(IndexKind, String)> {
    let parties = document.open().and_then(|view| view.member("parties"));
    parties
        .map(View::elements)
        .unwrap_or_default()
        .into_iter()
        .flat_map(party)
        .collect()
}

fn party(party: View<'_>) -> impl Iterator<Item = (IndexKind, String)> {
    let kinds = [
        (IndexKind::Tel, "tel"),
        (IndexKind::Mailto, "mailto"),
        (IndexKind::Name, "name"),
    ];
    kinds.into_iter().filter_map(move |(kind, name)| {
        let text = party.member(name)?.string()?;
        (!text.is_empty()).then(|| (kind, text.into_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terms_are_the_texts_of_each_party_in_order() {
        let text = r#"{"parties":[{"name":"A","tel":"+1"},{},7,{"mailto":"m@x","tel":"","name":null}]}"#;
        let found = terms(&Document::parse(text).unwrap());
        let expected = [
            (IndexKind::Tel, "+1"),
            (IndexKind::Name, "A"),
            (IndexKind::Mailto, "m@x"),
        ];
        assert_eq!(found, expected.map(|(kind, text)| (kind, text.to_owned())), "terms");
    }

    #[test]
    fn a_document_without_open_parties_has_no_terms() {
        for text in [
            "{}",
            r#"{"parties":null}"#,
            r#"{"payload":"","signatures":[],"parties":[{"tel":"+1"}]}"#,
        ] {
            assert!(terms(&Document::parse(text).unwrap()).is_empty(), "{text}");
        }
    }
}
