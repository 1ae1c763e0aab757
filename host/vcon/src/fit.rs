//! The question whether edits that were made on one state of a document mean the same on a later
//! one.
//!
//! Guarantee: an edit fits only if every element that it names by its index is the same one in both
//! states. Edits without an index always fit: they name what they change.

use serde::Deserialize;

use super::{Document, Edit, Pointer};

/// Returns true when these edits, made on `base` one after the other, can be made on `now` as well.
///
/// # Examples
/// ```
/// use vcon_document::{Document, Edit, Pointer, fit};
///
/// let base = Document::parse(r#"{"dialog":[{"n":1},{"n":2}]}"#)?;
/// let now = Document::parse(r#"{"dialog":[{"n":2}]}"#)?;
/// let set = |pointer: &str| Edit::Set {
///     pointer: Pointer::parse(pointer).unwrap(),
///     value: "1".into(),
/// };
/// assert!(!fit::fits(&[set("/dialog/0/start")], &base, &now), "it would be the other dialog");
/// assert!(fit::fits(&[set("/subject")], &base, &now));
/// # Ok::<(), vcon_document::DocumentError>(())
/// ```
#[must_use]
pub fn fits(edits: &[Edit], base: &Document, now: &Document) -> bool {
    edits.iter().all(|edit| match edit {
        Edit::Set { pointer, .. } if pointer.as_str().is_empty() => base.text() == now.text(),
        Edit::Set { pointer, .. } | Edit::Append { pointer, .. } => fits_at(pointer, base, now, false),
        // The indexes of what follows have moved.
        Edit::Remove { pointer } => fits_at(pointer, base, now, true),
        Edit::Patch { operations } => fits_patch(operations, base, now),
        Edit::AddTag { .. } | Edit::Touch => true,
    })
}

/// An operation of a patch, as far as it names places.
#[derive(Deserialize)]
struct Place {
    path: String,
    #[serde(default)]
    from: Option<String>,
}

fn fits_patch(operations: &str, base: &Document, now: &Document) -> bool {
    let Ok(places) = serde_json::from_str::<Vec<Place>>(operations) else {
        return false;
    };
    let mut pointers = places
        .iter()
        .flat_map(|place| std::iter::once(&place.path).chain(&place.from));
    // Operations may add and remove elements, so all of an array has to be the same.
    pointers.all(|pointer| Pointer::parse(pointer).is_ok_and(|pointer| fits_at(&pointer, base, now, true)))
}

/// Looks at the first array on the way: with the element, or the whole array, all below is the
/// same.
fn fits_at(pointer: &Pointer, base: &Document, now: &Document, whole_array: bool) -> bool {
    let mut array = Pointer::root();
    for token in pointer.tokens() {
        let element = array.child(&token);
        let is_index = token.parse::<usize>().is_ok() && is_array(base, &array);
        if !is_index {
            array = element;
            continue;
        }
        if whole_array {
            return base.get(&array) == now.get(&array);
        }
        return match base.get(&element) {
            Some(element_of_base) => now.get(&element) == Some(element_of_base),
            // The edits before this one have appended it.
            None => base.length(&array) == now.length(&array),
        };
    }
    true
}

fn is_array(document: &Document, pointer: &Pointer) -> bool {
    document.get(pointer).is_some_and(|text| text.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"subject":"s","dialog":[{"n":1,"tags":["x"]},{"n":2}],"attachments":[{"a":1}]}"#;
    const APPENDED: &str = r#"{"subject":"t","dialog":[{"n":1,"tags":["x"]},{"n":2},{"n":3}],"attachments":[{"a":1}]}"#;
    const SHIFTED: &str = r#"{"subject":"s","dialog":[{"n":2}],"attachments":[{"a":1}]}"#;

    fn at(pointer: &str) -> Pointer {
        Pointer::parse(pointer).unwrap()
    }

    fn set(pointer: &str) -> Edit {
        Edit::Set {
            pointer: at(pointer),
            value: "1".into(),
        }
    }

    fn append(pointer: &str) -> Edit {
        Edit::Append {
            pointer: at(pointer),
            value: "1".into(),
        }
    }

    fn remove(pointer: &str) -> Edit {
        Edit::Remove { pointer: at(pointer) }
    }

    fn patch(operations: &str) -> Edit {
        Edit::Patch {
            operations: operations.into(),
        }
    }

    fn check(edits: &[Edit], now: &str) -> bool {
        let document = |text: &str| Document::parse(text).unwrap();
        fits(edits, &document(BASE), &document(now))
    }

    #[test]
    fn an_edit_by_index_fits_where_its_element_is_the_same() {
        assert!(check(&[set("/dialog/1/n")], APPENDED), "the others come behind it");
        assert!(check(&[append("/dialog/0/tags")], APPENDED));
        assert!(
            !check(&[set("/dialog/0/n")], SHIFTED),
            "another dialog is the first one now"
        );
        assert!(!check(&[set("/dialog/1/n")], SHIFTED), "it is not there");
        assert!(!check(&[append("/dialog/0/tags")], SHIFTED));
        assert!(check(&[set("/attachments/0/a")], SHIFTED), "another array");
    }

    #[test]
    fn an_edit_without_an_index_fits() {
        for edit in [
            set("/subject"),
            append("/dialog"),
            remove("/subject"),
            Edit::Touch,
            set("/dialog/-"),
        ] {
            assert!(check(std::slice::from_ref(&edit), SHIFTED), "{edit:?}");
        }
    }

    #[test]
    fn an_element_that_the_edits_have_appended_fits_where_nobody_else_has_appended() {
        let edits = [append("/dialog"), set("/dialog/2/n")];
        assert!(check(&edits, BASE));
        assert!(
            !check(&edits, APPENDED),
            "the element of somebody else would be changed"
        );
    }

    #[test]
    fn a_removal_and_a_patch_need_the_whole_array() {
        assert!(!check(&[remove("/dialog/0")], APPENDED));
        assert!(check(&[remove("/attachments/0")], APPENDED));
        let operations = r#"[{"op":"move","from":"/dialog/0","path":"/attachments/-"}]"#;
        assert!(!check(&[patch(operations)], APPENDED));
        assert!(check(
            &[patch(r#"[{"op":"add","path":"/subject","value":"x"}]"#)],
            APPENDED
        ));
    }

    #[test]
    fn a_replacement_of_the_whole_document_fits_only_the_same_document() {
        assert!(check(&[set("")], BASE));
        assert!(!check(&[set("")], APPENDED));
    }
}
