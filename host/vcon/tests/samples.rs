//! The samples of the repository, read through the public interface.

use std::collections::BTreeMap;
use std::io;

use serde_json::value::RawValue;
use vcon_document::ingest::ingest;
use vcon_document::{Document, Edit, Form, IngestFault, Pointer};

/// The number of samples when the tests were written.
const MIN_SAMPLES: usize = 31;

/// Returns name and text of each sample.
fn samples() -> io::Result<Vec<(String, String)>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/samples");
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".vcon.json") {
            samples.push((name, std::fs::read_to_string(&path)?));
        }
    }
    Ok(samples)
}

/// Returns the members of a JSON object with their texts, read by another parser.
fn members(text: &str) -> serde_json::Result<BTreeMap<String, Box<RawValue>>> {
    serde_json::from_str(text)
}

/// Returns kind and place of every fault, as `kind@body.a.0`.
fn places(faults: &[IngestFault]) -> Vec<String> {
    let place = |fault: &IngestFault| {
        let steps = fault
            .location
            .iter()
            .map(|step| format!(".{}", step.as_str().map_or_else(|| step.to_string(), str::to_owned)));
        format!("{}@body{}", fault.kind, steps.collect::<String>())
    };
    faults.iter().map(place).collect()
}

#[test]
fn every_sample_is_written_as_it_was_read() {
    let samples = samples().unwrap();
    assert!(samples.len() >= MIN_SAMPLES, "samples are missing");
    for (name, text) in samples {
        let document = Document::parse(text.as_str()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&*document.text(), text, "{name}");
        assert_eq!(document.size_bytes(), text.len() as u64, "{name}");
    }
}

#[test]
fn id_and_form_of_every_sample_are_found() {
    for (name, text) in samples().unwrap() {
        let document = Document::parse(text).unwrap();
        if let Ok(uuid) = uuid::Uuid::parse_str(name.trim_end_matches(".vcon.json")) {
            assert_eq!(document.uuid().unwrap().as_str(), uuid.to_string(), "{name}");
            assert!(document.created_at_s().is_some(), "{name} has a date");
        }
        let form = match name.as_str() {
            "ietf-ab_call_ext_rec_signed.vcon.json" => Form::Signed,
            "ietf-ab_call_ext_rec_encrypted.vcon.json" => Form::Encrypted,
            _ => Form::Unsigned,
        };
        assert_eq!(document.form(), form, "{name}");
    }
}

#[test]
fn an_edit_of_a_sample_leaves_the_other_members_alone() {
    for (name, text) in samples().unwrap() {
        let mut document = Document::parse(text.as_str()).unwrap();
        if document.form() != Form::Unsigned {
            continue;
        }
        document
            .apply(&Edit::Append {
                pointer: Pointer::parse("/analysis").unwrap(),
                value: r#"{"type":"t"}"#.into(),
            })
            .unwrap();
        document
            .apply(&Edit::AddTag {
                name: "a".into(),
                value: "b".into(),
            })
            .unwrap();
        let written = document.text();
        let after = members(&written).unwrap();
        for (member, before) in members(&text).unwrap() {
            if !matches!(member.as_str(), "analysis" | "attachments") {
                assert_eq!(after[&member].get(), before.get(), "{member} of {name}");
            }
        }
        assert!(document.tags().unwrap().contains(&"a:b".to_owned()), "tag of {name}");
    }
}

#[test]
fn ingest_accepts_real_documents_and_keeps_their_entries() {
    let mut accepted = 0;
    for (name, text) in samples().unwrap() {
        if name.starts_with("ietf-") {
            continue;
        }
        let ingested = ingest(text.as_bytes());
        if name.starts_with("ab_call") {
            let faults = ingested.expect_err("a document without a date");
            assert!(
                places(&faults).contains(&"missing@body.created_at".to_owned()),
                "{name} has no date: {faults:?}"
            );
            continue;
        }
        if name.starts_with("hello") {
            let faults = ingested.expect_err("telephone numbers that the Conserver refuses");
            assert_eq!(
                places(&faults),
                ["value_error@body.parties.0.tel", "value_error@body.parties.1.tel"],
                "{name} has extensions of four digits as numbers, which the Conserver refuses"
            );
            continue;
        }
        let ingested = ingested.unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        let before = Document::parse(text.as_str()).unwrap();
        for list in ["/attachments", "/analysis"] {
            let list = Pointer::parse(list).unwrap();
            let present = before.get(&list);
            assert!(
                present.is_none() || present == ingested.document.get(&list),
                "{list} of {name}"
            );
        }
        accepted += 1;
    }
    assert!(accepted >= 24, "samples were skipped");
}

#[test]
fn ingest_keeps_every_byte_of_the_signed_and_the_encrypted_sample() {
    let mut sealed = 0;
    for (name, text) in samples().unwrap() {
        if !name.ends_with("_signed.vcon.json") && !name.ends_with("_encrypted.vcon.json") {
            continue;
        }
        let ingested = ingest(text.as_bytes()).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        assert_eq!(&*ingested.document.text(), text, "{name} keeps its bytes");
        assert_eq!(ingested.document.uuid(), Some(ingested.id), "id of {name}");
        sealed += 1;
    }
    assert_eq!(sealed, 2, "samples were skipped");
}
