//! Real vCons for tests.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Returns the project's folder.
#[must_use]
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Returns the 24 support calls, each of 4 to 6 KB, in a fixed order.
///
/// # Panics
/// When the samples can't be read.
#[must_use]
pub fn calls() -> Vec<String> {
    let folder = root().join("config/samples");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("config/samples")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.strip_suffix(".vcon.json")
                .is_some_and(|stem| uuid::Uuid::try_parse(stem).is_ok())
        })
        .collect();
    files.sort();
    assert_eq!(files.len(), 24, "the support calls in {}", folder.display());
    files
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a sample"))
        .collect()
}

/// Returns a sample with another id, so that it can be posted many times.
///
/// # Panics
/// When the text is not a JSON object.
#[must_use]
pub fn with_id(text: &str, id: &str) -> String {
    let mut vcon: Value = serde_json::from_str(text).expect("a sample is JSON");
    vcon.as_object_mut()
        .expect("a sample is an object")
        .insert("uuid".into(), id.into());
    vcon.to_string()
}

/// Returns `count` vCons with ids of their own, made from the support calls.
#[must_use]
pub fn many(count: usize) -> Vec<(String, String)> {
    let calls = calls();
    calls
        .iter()
        .cycle()
        .take(count)
        .map(|text| {
            let id = uuid::Uuid::new_v4().to_string();
            let text = with_id(text, &id);
            (id, text)
        })
        .collect()
}

/// Returns a vCon with one dialog of this text, and its transcript if there is one. The id comes
/// first.
#[must_use]
pub fn said(text: &str, transcript: Option<&str>) -> (String, String) {
    let id = uuid::Uuid::new_v4().to_string();
    let analysis: Vec<Value> = transcript
        .map(|body| json!({"type": "transcript", "dialog": 0, "vendor": "test", "body": body, "encoding": "none"}))
        .into_iter()
        .collect();
    let vcon = json!({
        "vcon": "0.4.0", "uuid": id, "created_at": "2026-01-02T03:04:05Z", "parties": [{"tel": "+15551230001"}],
        "dialog": [{"type": "text", "start": "2026-01-02T03:04:05Z", "parties": [0], "body": text, "encoding": "none"}],
        "analysis": analysis, "attachments": [],
    });
    (id, vcon.to_string())
}

/// Returns the id of a vCon.
///
/// # Panics
/// If the text is not a JSON object with a `uuid`.
#[must_use]
pub fn id_of(text: &str) -> String {
    let vcon: Value = serde_json::from_str(text).expect("a sample is JSON");
    vcon["uuid"].as_str().expect("a sample has a uuid").to_owned()
}

/// Returns the bodies of all tags attachments of a vCon. A vCon has at most one.
#[must_use]
pub fn tags_of(vcon: &Value) -> Vec<&str> {
    let attachments = vcon["attachments"].as_array().into_iter().flatten();
    attachments
        .filter(|attachment| attachment["purpose"] == "tags")
        .filter_map(|attachment| attachment["body"].as_str())
        .collect()
}

/// Returns a vCon of about this number of bytes, with one inline recording.
#[must_use]
pub fn large(id: &str, bytes: usize) -> String {
    let body = "QUJD".repeat(bytes / 4);
    json!({
        "vcon": "0.4.0", "uuid": id, "created_at": "2026-01-02T03:04:05Z",
        "parties": [{"tel": "+15551230001"}],
        "dialog": [{"type": "recording", "start": "2026-01-02T03:04:05Z", "parties": [0], "mediatype": "audio/wav",
                    "body": body, "encoding": "base64url"}],
        "analysis": [], "attachments": []
    })
    .to_string()
}
