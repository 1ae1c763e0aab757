//! Changes of the configuration through the admin API: their lines in the log and in the audit log,
//! and refusals.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::admin_queues::admin;
use super::*;
use vconduit_policy::signature::{Signing, SigningKey};
use vconduit_store::{AuditStore as _, ConfigStore as _};
use vconduit_test_support::Fault;

/// Text that the log of this thread has so far.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Writes what this thread logs into this text, until the guard is dropped.
    fn of_this_thread(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || log.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// The lines about actions of operators.
    fn actions(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8(bytes).unwrap();
        let about_actions = text.lines().filter(|line| line.contains("admin action"));
        about_actions.map(ToOwned::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Api {
    async fn put(&self, path: &str, body: &Value) -> Answer {
        let mut request = admin("PUT", path, body.to_string());
        let json = "application/json".parse().unwrap();
        request.headers_mut().insert("content-type", json);
        self.send(request).await
    }

    async fn validate(&self, body: &Value) -> Answer {
        let mut request = admin("POST", "/config/validate", body.to_string());
        let json = "application/json".parse().unwrap();
        request.headers_mut().insert("content-type", json);
        self.send(request).await
    }
}

/// One change of each kind.
fn changes() -> [(&'static str, Value); 2] {
    [
        ("/chains/c", json!({"links": [], "ingress_lists": ["i"]})),
        ("/links/t/limits", json!({"cpu_ms": 7})),
    ]
}

async fn api() -> Api {
    let api = Api::with(admin_settings(), Snapshot::default());
    let configured = json!({"links": {"t": {"module": "links.tag", "options": {"tags": ["a"]}}}});
    let mut request = keyed("POST", "/config", Body::from(configured.to_string()));
    request
        .headers_mut()
        .insert("authorization", "Bearer root".parse().unwrap());
    let answer = api.send(request).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    api
}

#[tokio::test]
async fn a_change_that_lost_races_has_one_line_in_the_log_and_one_in_the_audit_log() {
    let api = api().await;
    let log = Log::default();
    let _guard = log.of_this_thread();
    for (number, (path, body)) in changes().into_iter().enumerate() {
        api.store.lose_saves(3);
        let answer = api.put(path, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let lines = log.actions();
        assert_eq!(lines.len(), number + 1, "each lost race left a line: {lines:#?}");
        assert_eq!(api.store.audit_log(0, 10).await.unwrap().len(), number + 1);
    }
}

#[tokio::test]
async fn a_change_that_was_not_saved_leaves_no_line() {
    let api = api().await;
    let log = Log::default();
    let _guard = log.of_this_thread();
    for (path, body) in changes() {
        api.store.fail("save_config", Fault::Refused);
        let refused = api.put(path, &body).await;
        assert_eq!(refused.status, 500, "{}", refused.text);
        api.store.mend();
        api.store.lose_saves(1_000);
        let lost = api.put(path, &body).await;
        assert_eq!(lost.status, 503, "{}", lost.text);
        api.store.mend();
    }
    assert_eq!(log.actions(), Vec::<String>::new(), "nothing was done");
    assert!(api.store.audit_log(0, 10).await.unwrap().is_empty());
}

/// Configurations that can be read and can't run, each with the place of its problem and a word of
/// its message.
fn unrunnable() -> [(Value, &'static str, &'static str); 4] {
    let chains = json!({"c": {"links": ["t"], "ingress_lists": ["i"]}});
    let tag = |options: Value| json!({"t": {"module": "links.tag", "options": options}});
    [
        (
            json!({"chains": chains, "links": tag(json!({"tags": 5}))}),
            "links.t",
            "options.tags",
        ),
        (
            json!({"chains": {"c": {"links": [{"t": {"tags": 5}}], "ingress_lists": ["i"]}}, "links": tag(json!({"tags": ["a"]}))}),
            "chains.c.links[0]",
            "options.tags",
        ),
        (
            json!({"chains": chains, "links": {"t": {"component": "/nowhere/t.wasm"}}}),
            "links.t",
            "can't be read",
        ),
        (
            json!({"storages": {"s": {"module": "storage.postgres", "options": {"port": "x"}}}}),
            "storages.s",
            "port",
        ),
    ]
}

#[tokio::test]
async fn what_can_not_run_is_refused_by_validation_and_by_post_config_alike() {
    let api = Api::with(admin_settings(), Snapshot::default());
    for (config, place, word) in unrunnable() {
        let validated = api.validate(&config).await;
        assert_eq!(validated.status, 422, "{config}: {}", validated.text);
        assert!(validated.text.contains(word), "{}", validated.text);
        let mut request = keyed("POST", "/config", Body::from(config.to_string()));
        request
            .headers_mut()
            .insert("authorization", "Bearer root".parse().unwrap());
        let posted = api.send(request).await;
        posted.refuses(&[("value_error", json!(["body", place]))]);
        assert!(posted.text.contains(word), "{}", posted.text);
        let revision = api.store.config_revision().await.unwrap();
        assert!(revision.is_none(), "it was saved");
    }
}

#[tokio::test]
async fn an_unsigned_upload_is_refused_before_anything_looks_at_its_bytes() {
    let key = "RWQvKE5RjEYqp27ydU81Sz0VhrLAJMPrjal3utZHmHztjZpBtgUcDWHS";
    let mut snapshot = Snapshot::default();
    snapshot.config.signing = Signing {
        require: true,
        keys: vec![SigningKey::parse(key).unwrap()],
    };
    let api = Api::with(admin_settings(), snapshot);
    let mut request = admin("POST", "/links/mine/versions", "no component");
    let wasm = "application/wasm".parse().unwrap();
    request.headers_mut().insert("content-type", wasm);
    let answer = api.send(request).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert_eq!(answer.json()["step"], "signature", "{}", answer.text);
}

#[tokio::test]
async fn a_url_that_no_grant_can_follow_from_is_a_warning_of_validation() {
    let api = Api::with(admin_settings(), Snapshot::default());
    let hook = json!({"module": "links.webhook", "options": {"webhook-urls": ["https://a.com/x", "nonsense"]}});
    let validated = api.validate(&json!({"links": {"hook": hook}})).await;
    assert_eq!(validated.status, 200, "{}", validated.text);
    let answer: Value = serde_json::from_str(&validated.text).unwrap();
    assert_eq!(
        answer["warnings"][0]["path"], "links.hook.options.webhook-urls[1]",
        "{answer}"
    );
}
