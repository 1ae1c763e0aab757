//! Client of the admin API for the figures, and components to upload.

use std::time::{Duration, Instant};

use serde_json::Value;
use vconduit_harness::Host;
use vconduit_standard_links::standard;

/// Maximum time of a request. The largest component needs less on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Uploads a component. Returns the host's response and the duration.
pub async fn upload(host: &Host, link: &str, component: Vec<u8>, activate: bool) -> (Value, Duration) {
    let path = format!("/admin/v1/links/{link}/versions?activate={activate}");
    let (answer, took) = post(host, &path, component).await;
    if activate {
        assert_confirmed(&answer["confirmation"]);
    }
    (answer, took)
}

/// Activates a version. Returns the duration.
pub async fn activate(host: &Host, link: &str, digest: &str) -> Duration {
    let path = format!("/admin/v1/links/{link}/versions/{digest}/activate");
    let (answer, took) = post(host, &path, Vec::new()).await;
    assert_confirmed(&answer);
    took
}

/// Activates the version before. Returns the duration.
pub async fn roll_back(host: &Host, link: &str) -> Duration {
    let (answer, took) = post(host, &format!("/admin/v1/links/{link}/rollback"), Vec::new()).await;
    assert_confirmed(&answer);
    took
}

/// Checks that all hosts have confirmed the change.
fn assert_confirmed(answer: &Value) {
    let count = |member: &str| answer[member].as_array().map_or(0, Vec::len);
    assert!(
        count("confirmed") > 0 && count("unconfirmed") == 0,
        "not all hosts run it: {answer}"
    );
}

async fn post(host: &Host, path: &str, body: Vec<u8>) -> (Value, Duration) {
    let request = host
        .client()
        .post(host.url(path))
        .header("content-type", "application/wasm")
        .timeout(PATIENCE)
        .body(body);
    let began = Instant::now();
    let answer = request.send().await.expect("a response");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    let took = began.elapsed();
    assert!(status.is_success(), "POST {path} responded {status}: {text}");
    (serde_json::from_str(&text).expect("JSON"), took)
}

/// Returns the standard link `tag` with a number in a custom section. Each is a different component
/// with the same behaviour.
pub fn numbered(number: usize) -> Vec<u8> {
    let tag = standard().find(|link| link.name == "tag").expect("a standard link");
    let mut component = tag.bytes.to_vec();
    append_section(&mut component, "bench", &number.to_le_bytes());
    component
}

/// Appends a custom section. The digest changes, the code does not.
pub fn append_section(component: &mut Vec<u8>, name: &str, content: &[u8]) {
    /// Lengths below this take one byte (LEB128).
    const ONE_BYTE: usize = 0x80;
    const CUSTOM: u8 = 0;
    let length = 1 + name.len() + content.len();
    assert!(length < ONE_BYTE, "the section is short");
    let short = |length: usize| u8::try_from(length).expect("it is short");
    component.extend([CUSTOM, short(length), short(name.len())]);
    component.extend_from_slice(name.as_bytes());
    component.extend_from_slice(content);
}
