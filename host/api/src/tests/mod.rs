//! Requests to the API, and the status and body of their responses.

mod admin_answers;
mod admin_config;
mod admin_events;
mod admin_queues;
mod auth;
mod bad_input;
mod config;
mod edge;
mod external;
mod lists;
mod metrics;
mod openapi;
mod scene;
mod serving;
mod storage_letters;
mod storages;
mod system;
mod vcons;

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::router::{Served, router};
use crate::{ApiParts, ApiState, Readiness};
use vcon_document::EgressFormat;
use vconduit_base::names::{HostId, ListName, StorageName};
use vconduit_config::settings::{AdminKey, ServerVersion};
use vconduit_config::{IngressAuth, Settings};
use vconduit_engine::active::Follower;
use vconduit_engine::admission::{Admission, Marks};
use vconduit_engine::control::Links;
use vconduit_engine::documents::Documents;
use vconduit_engine::events::Events;
use vconduit_engine::figures::stats::LinkStats;
use vconduit_engine::registry::Registry;
use vconduit_engine::snapshot::{Live, Snapshot};
use vconduit_oci::{Oci, OciSettings};
use vconduit_sandbox::{Sandbox, SandboxSettings};
use vconduit_storage::Storage;
use vconduit_storage::factory::StorageContext;
use vconduit_store::sqlite::SqliteStore;
use vconduit_test_support::FaultyStore;

pub const KEY: &str = "fake-token";
pub const MAX_BODY: usize = 300_000;

/// An API with a store of its own.
pub struct Api {
    pub router: Router,
    pub store: Arc<FaultyStore>,
    pub live: Live,
    pub readiness: Arc<Readiness>,
    pub stopping: CancellationToken,
    pub events: Events,
    pub admission: Arc<Admission>,
    /// Folder of the store; removed at the end.
    _folder: TempDir,
}

/// A response, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks status and body.
    #[track_caller]
    pub fn is(&self, status: u16, body: Value) {
        assert_eq!((self.status.as_u16(), self.json()), (status, body));
    }

    /// Checks that it is a 422 with exactly these faults, by type and place.
    #[track_caller]
    pub fn refuses(&self, faults: &[(&str, Value)]) {
        assert_eq!(self.status, 422, "{}", self.text);
        let body = self.json();
        let found: Vec<_> = body["detail"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["type"].as_str().unwrap(), f["loc"].clone()))
            .collect();
        assert_eq!(found, faults);
        for fault in body["detail"].as_array().unwrap() {
            assert!(fault["msg"].is_string() && fault.get("input").is_some(), "{fault}");
        }
    }
}

pub fn settings() -> Settings {
    Settings {
        api_keys: vec![KEY.into()],
        max_body_bytes: MAX_BODY,
        version: ServerVersion {
            version: "1.2.3".into(),
            git_commit: "abc".into(),
            build_time: "today".into(),
        },
        ..Settings::from_env(&|_| None).unwrap()
    }
}

/// Settings with `root` as the admin key of ann.
pub fn admin_settings() -> Settings {
    Settings {
        admin_keys: vec![AdminKey {
            name: "ann".into(),
            key: "root".into(),
        }],
        ..settings()
    }
}

impl Api {
    pub fn new() -> Self {
        Self::with(settings(), Snapshot::default())
    }

    pub fn with(settings: Settings, snapshot: Snapshot) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = FaultyStore::over(SqliteStore::open(folder.path(), settings.lifetimes).unwrap());
        let live: Live = Arc::new(ArcSwap::from_pointee(snapshot));
        let readiness = Arc::new(Readiness::default());
        let documents = Arc::new(Documents::new(store.clone(), live.clone(), &settings));
        let stopping = CancellationToken::new();
        let events = Events::new(HostId::new("here").unwrap()).0;
        let (links, follower) = links(&store, &live);
        let admission = Arc::new(Admission::new(Marks {
            memory_percent: settings.admit_memory_percent,
            depth: settings.admit_depth,
        }));
        let render = Arc::new(|| "a_metric 1\n".to_owned());
        let state = ApiState::new(ApiParts {
            documents,
            store: store.clone(),
            live: live.clone(),
            settings: Arc::new(settings),
            readiness: readiness.clone(),
            metrics: render,
            links,
            follower,
            stats: LinkStats::default(),
            secrets: Arc::default(),
            admission: admission.clone(),
            oci: Arc::new(Oci::new(OciSettings::default())),
            events: events.clone(),
            stopping: stopping.clone(),
            loopback: true,
        });
        Self {
            router: router(state.unwrap(), Served::All),
            store,
            live,
            readiness,
            stopping,
            events,
            admission,
            _folder: folder,
        }
    }

    pub fn storages(storages: impl IntoIterator<Item = (&'static str, Arc<dyn Storage>)>, settings: Settings) -> Self {
        let named = storages
            .into_iter()
            .map(|(name, storage)| (StorageName::new(name).unwrap(), storage));
        Self::with(
            settings,
            Snapshot {
                storages: named.collect(),
                ..Snapshot::default()
            },
        )
    }

    pub fn partners(auth: impl IntoIterator<Item = (&'static str, IngressAuth)>) -> Self {
        let mut snapshot = Snapshot::default();
        snapshot.config.ingress_auth = auth
            .into_iter()
            .map(|(list, auth)| (ListName::new(list).unwrap(), auth))
            .collect();
        Self::with(settings(), snapshot)
    }

    pub async fn send(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// GET with a key of the API.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(keyed("GET", path, Body::empty())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(keyed("DELETE", path, Body::empty())).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(keyed("POST", path, Body::from(body.to_string()))).await
    }

    pub async fn post_text(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(keyed("POST", path, body.into())).await
    }
}

pub fn keyed(method: &str, path: &str, body: Body) -> Request {
    request(method, path)
        .header("x-conserver-api-token", KEY)
        .body(body)
        .unwrap()
}

pub fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "here:8000")
}

pub fn vcon(uuid: &str) -> Value {
    json!({
        "uuid": uuid, "vcon": "0.0.1", "created_at": "2024-03-01T10:00:00+00:00", "subject": null, "redacted": {},
        "appended": null, "group": [], "parties": [{"tel": "+12025550123", "mailto": "a@example.com", "name": "Ann"}],
        "dialog": [], "analysis": [], "attachments": [],
    })
}

pub const ID: &str = "11111111-2222-4333-8444-555555555555";
pub const OTHER: &str = "99999999-2222-4333-8444-555555555555";

/// The services over a small sandbox that all tests share.
pub fn links(store: &Arc<FaultyStore>, live: &Live) -> (Arc<Links>, Arc<Follower>) {
    static SANDBOX: OnceLock<Arc<Sandbox>> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| {
        Sandbox::new(SandboxSettings {
            max_concurrent_calls: 4,
            ..SandboxSettings::default()
        })
        .unwrap()
    });
    let storages = StorageContext {
        redis_url: None,
        data_dir: std::env::temp_dir(),
        secrets: Arc::new(|_| None),
    };
    let registry = Arc::new(Registry::new(sandbox.clone(), storages, store.clone()));
    let (events, _) = Events::new(HostId::new("here").unwrap());
    let follower = Follower::new(store.clone(), registry.clone(), live.clone(), events.clone());
    let follower = Arc::new(follower);
    let links = Links::new(follower.clone(), registry, live.clone(), events);
    (Arc::new(links), follower)
}
