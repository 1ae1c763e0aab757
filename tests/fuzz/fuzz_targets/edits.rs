//! Fuzz target: any text as a vCon, and as a JSON Patch on it. The result is a document again, and
//! a patch that fails changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vcon_document::{Document, Edit};

fuzz_target!(|texts: (&str, &str)| {
    let Ok(mut document) = Document::parse(texts.0) else { return };
    let before = document.text();
    let edit = Edit::Patch {
        operations: texts.1.into(),
    };
    if document.apply(&edit).is_err() {
        assert_eq!(document.text(), before);
    }
    let after = document.text();
    assert_eq!(document.size_bytes(), after.len() as u64);
    assert!(Document::parse(after).is_ok());
});
