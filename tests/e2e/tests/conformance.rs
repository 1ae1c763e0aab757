//! The executed cases of the Conserver's links (`data/link-cases.json`), run against the built components through the real sandbox.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vconduit::names::{ChainName, LinkName, VconId};
use vconduit::registry::standard;
use vconduit::sandbox::call::{CreateError, Documents, Environment, GuestMetrics};
use vconduit::sandbox::grants::HostGrant;
use vconduit::sandbox::{Call, CallReport, Grants, Limits, Outcome, Sandbox, SandboxSettings, Secrets};
use vconduit::vcon::Text;
use vconduit::vcon::{Document, EgressFormat, canonical};
use vconduit_harness::Receiver;

/// Where the cases' services are; requests go to a receiver in their place.
const SERVICES: [&str; 1] = ["https://upload.example"];

#[derive(Deserialize)]
struct Case {
    id: String,
    level: String,
    link: String,
    link_name: Option<String>,
    vcon_uuid: Option<String>,
    options: Option<Map<String, Value>>,
    input_vcon: Option<Value>,
    #[serde(default)]
    host: HostState,
    expect: Expect,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HostState {
    now_unix: Option<u64>,
    uniform_0_100: Option<f64>,
    http_responses: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    status: u16,
    json: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Expect {
    returns: Option<String>,
    error: Option<Value>,
    stored: bool,
    vcon: Option<Value>,
    enqueued: Vec<(String, String)>,
    ttl: Vec<(String, i64)>,
    slept: Option<Vec<f64>>,
    http: Vec<Value>,
    counters: Option<Vec<Value>>,
}

/// Time and chance as the case says; sleeps are noted, not slept.
struct Told {
    now_ms: u64,
    uniform: f64,
    slept: Mutex<Vec<f64>>,
}

impl Environment for Told {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn uniform(&self) -> f64 {
        self.uniform
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn sleep_ms(&self, wished_ms: u64) -> u64 {
        self.slept
            .lock()
            .expect("no panic while held")
            .push(wished_ms as f64 / 1000.0);
        0
    }
}

#[derive(Default)]
struct Counters(Mutex<Vec<Value>>);

impl GuestMetrics for Counters {
    fn count(&self, link: &LinkName, vcon: &VconId, name: &str, value: u64, attributes: &[(String, String)]) {
        let mut all = json!({"link.name": link.as_str(), "vcon.uuid": vcon.as_str()});
        for (key, value) in attributes {
            all[key] = value.as_str().into();
        }
        self.0
            .lock()
            .expect("no panic while held")
            .push(json!({"name": name, "value": value, "attributes": all}));
    }

    fn observe(&self, _: &LinkName, _: &VconId, _: &str, _: f64, _: &[(String, String)]) {}
}

struct NoOthers;

#[async_trait]
impl Documents for NoOthers {
    async fn read(&self, _: &VconId) -> Result<Option<Text>, String> {
        Ok(None)
    }

    async fn create(&self, _: &str) -> Result<VconId, CreateError> {
        Err(CreateError::Unavailable("not in this test".into()))
    }

    async fn delete(&self, _: &VconId) -> Result<bool, String> {
        Ok(false)
    }
}

#[tokio::test]
async fn the_standard_links_do_what_the_conserver_links_did() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../data/link-cases.json")).expect("the cases");
    let sandbox = Sandbox::new(SandboxSettings::default()).expect("a sandbox");
    let mut failed = Vec::new();
    let mut ran = 0;
    for case in cases.iter().filter(|case| !case.link.starts_with("filters.")) {
        let problems = run(&sandbox, case).await;
        ran += 1;
        if !problems.is_empty() {
            failed.push(format!("{} ({}): {}", case.id, case.level, problems.join("; ")));
        }
    }
    assert!(ran >= 20, "only {ran} cases were run");
    let must: Vec<_> = failed.iter().filter(|text| text.contains("(must)")).collect();
    assert!(must.is_empty(), "{} of {ran} cases differ:\n{must:#?}", must.len());
}

async fn run(sandbox: &Arc<Sandbox>, case: &Case) -> Vec<String> {
    let bytes = standard()
        .find(|standard| standard.name == case.link)
        .map(|standard| standard.bytes);
    let Some(bytes) = bytes else {
        return vec![format!("there is no standard link {}", case.link)];
    };
    let component = sandbox.compile(bytes).await.expect("a standard link compiles");
    let receiver = Receiver::start().await;
    for answer in &case.host.http_responses {
        receiver.answer(answer.status, answer.json.to_string());
    }
    let mut options = component.description().defaults.clone();
    options.extend(case.options.clone().unwrap_or_default());
    let mut options = Value::Object(options).to_string();
    for service in SERVICES {
        options = options.replace(service, &receiver.url());
    }
    let id = case
        .vcon_uuid
        .clone()
        .or_else(|| case.input_vcon.as_ref()?["uuid"].as_str().map(ToOwned::to_owned))
        .expect("an id");
    let document = case.input_vcon.as_ref().map(|vcon| {
        let mut document = Document::parse(vcon.to_string()).expect("the input is a document");
        canonical::upgrade(&mut document);
        document
    });
    let environment = Arc::new(Told {
        now_ms: case.host.now_unix.unwrap_or(1_700_000_000) * 1000,
        uniform: case.host.uniform_0_100.unwrap_or(12.0) / 100.0,
        slept: Mutex::default(),
    });
    let counters = Arc::new(Counters::default());
    let port = receiver.url().rsplit(':').next().and_then(|port| port.parse().ok());
    let grants = Grants {
        http: vec![HostGrant {
            host: "127.0.0.1".into(),
            port,
            private: true,
        }],
        queues: vec!["*".into()],
        expire: true,
        ..Grants::default()
    };
    let report = sandbox
        .call(Call {
            component,
            link: LinkName::new(case.link_name.as_deref().unwrap_or(&case.link)).expect("a name"),
            chain: ChainName::new("test").expect("a name"),
            ingress_list: None,
            attempt: 1,
            options: options.into(),
            grants: Arc::new(grants),
            limits: Limits::default(),
            deadline: None,
            vcon: VconId::new(&id).expect("an id"),
            document,
            egress: EgressFormat::AsStored,
            secrets: Arc::new(Secrets::default()),
            documents: Arc::new(NoOthers),
            environment: environment.clone(),
            metrics: counters.clone(),
            warm: false,
            keep_log: true,
        })
        .await;
    let mut problems = compare(case, &id, report);
    if let Some(slept) = &case.expect.slept {
        let really = environment.slept.lock().expect("no panic while held").clone();
        differs(&mut problems, "slept", json!(slept), json!(really));
    }
    if let Some(expected) = &case.expect.counters {
        let really = counters.0.lock().expect("no panic while held").clone();
        differs(&mut problems, "counters", json!(expected), json!(really));
    }
    let sent: Vec<Value> = receiver
        .received()
        .iter()
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            json!({"method": request.method.as_str(), "path": request.uri.path(), "json": body})
        })
        .collect();
    let expected: Vec<Value> = case.expect.http.iter().map(expected_request).collect();
    differs(&mut problems, "http", json!(expected), json!(sent));
    problems
}

fn expected_request(request: &Value) -> Value {
    let url = request["url"].as_str().unwrap_or_default();
    let path = SERVICES
        .iter()
        .find_map(|service| url.strip_prefix(service))
        .unwrap_or(url);
    json!({"method": request["method"], "path": path, "json": request["json"]})
}

fn compare(case: &Case, id: &str, report: CallReport) -> Vec<String> {
    let mut problems = Vec::new();
    let expect = &case.expect;
    match (&report.result, &expect.error) {
        (Ok(_), Some(error)) => problems.push(format!("no error, expected {error}")),
        (Err(error), None) => problems.push(format!("failed: {error}; log: {:?}", report.log)),
        (Err(error), Some(expected)) => {
            let fragment = expected["contains"].as_str().unwrap_or_default();
            if !error.to_string().contains(fragment) {
                problems.push(format!("the error {error} does not contain {fragment:?}"));
            }
        }
        (Ok(outcome), None) => {
            let returned = match outcome {
                Outcome::Next => Some(id.to_owned()),
                Outcome::Switch(other) => Some(other.to_string()),
                Outcome::Stop(_) | Outcome::HandOff(_) => None,
            };
            differs(&mut problems, "returns", json!(expect.returns), json!(returned));
        }
    }
    differs(
        &mut problems,
        "stored",
        json!(expect.stored),
        json!(!report.edits.is_empty()),
    );
    let enqueued: Vec<_> = report
        .effects
        .push
        .iter()
        .map(|(list, id)| (list.as_str(), id.as_str()))
        .collect();
    differs(&mut problems, "enqueued", json!(expect.enqueued), json!(enqueued));
    // The store passes over unknown ids.
    let known = case.input_vcon.is_some();
    let ttl: Vec<_> = report
        .effects
        .expire
        .iter()
        .filter(|_| known)
        .map(|(id, seconds)| (id.as_str(), *seconds))
        .collect();
    differs(&mut problems, "ttl", json!(expect.ttl), json!(ttl));
    if let (Some(expected), Some(mut document)) = (&expect.vcon, report.document) {
        if !report.edits.is_empty() {
            canonical::enforce(&mut document);
        }
        let really: Value = serde_json::from_str(&document.text()).expect("the document is JSON");
        differs(&mut problems, "vcon", bodies_parsed(expected), bodies_parsed(&really));
    }
    problems
}

/// JSON-text bodies as values, since their text may be compared after parsing.
fn bodies_parsed(vcon: &Value) -> Value {
    let mut vcon = vcon.clone();
    for section in ["analysis", "attachments"] {
        for entry in vcon
            .get_mut(section)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if entry["encoding"] == "json"
                && let Some(parsed) = entry["body"].as_str().and_then(|text| serde_json::from_str(text).ok())
            {
                entry["body"] = parsed;
            }
        }
    }
    vcon
}

fn differs(problems: &mut Vec<String>, what: &str, expected: Value, really: Value) {
    if expected != really {
        problems.push(format!("{what}: expected {expected}, got {really}"));
    }
}
