//! The party indexes of a document.
//!
//! Guarantee: values are the party's own texts, not normalised: searches compare them byte for byte.

use super::Document;
use super::view::View;

/// A party index. Its keys are those of the Conserver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexKind {
    /// `tel:<value>`
    Tel,
    /// `mailto:<value>`
    Mailto,
    /// `name:<value>`
    Name,
}

impl IndexKind {
    /// The member of a party, and the prefix of the key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tel => "tel",
            Self::Mailto => "mailto",
            Self::Name => "name",
        }
    }
}

/// The non-empty `tel`, `mailto` and `name` texts of each party, in party order.
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
    fn each_party_gives_its_texts_in_order() {
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
    fn no_parties_no_terms() {
        for text in [
            "{}",
            r#"{"parties":null}"#,
            r#"{"payload":"","signatures":[],"parties":[{"tel":"+1"}]}"#,
        ] {
            assert!(terms(&Document::parse(text).unwrap()).is_empty(), "{text}");
        }
    }
}
