//! Short forms of edits for the tests.

use crate::{Document, Edit, EditError, Pointer};

pub(crate) fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).unwrap()
}

pub(crate) fn set(at: &str, value: &str) -> Edit {
    Edit::Set {
        pointer: pointer(at),
        value: value.into(),
    }
}

pub(crate) fn append(at: &str, value: &str) -> Edit {
    Edit::Append {
        pointer: pointer(at),
        value: value.into(),
    }
}

pub(crate) fn remove(at: &str) -> Edit {
    Edit::Remove { pointer: pointer(at) }
}

pub(crate) fn patch(operations: &str) -> Edit {
    Edit::Patch {
        operations: operations.into(),
    }
}

pub(crate) fn tag(name: &str, value: &str) -> Edit {
    Edit::AddTag {
        name: name.into(),
        value: value.into(),
    }
}

/// Returns the text after an edit. Checks that it is a document of the size that the document
/// reports, and that a failed edit changes nothing.
pub(crate) fn edited(text: &str, edit: &Edit) -> Result<String, EditError> {
    let mut document = Document::parse(text).unwrap();
    let result = document.apply(edit);
    let size = document.size_bytes();
    let now = document.text();
    assert_eq!(size, now.len() as u64, "size of {now}");
    assert!(Document::parse(now.clone()).is_ok(), "{edit:?} left {now}");
    if result.is_err() {
        assert_eq!(&*now, text, "a failed edit left traces: {edit:?}");
    }
    result.map(|()| now.to_string())
}
