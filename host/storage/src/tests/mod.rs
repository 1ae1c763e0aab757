//! Tests of the storages, on real servers that the tests start.

mod adapters;
#[cfg(feature = "default")]
mod factory;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "file")]
mod file_faults;
mod names;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod runner;
mod runner_ask;
#[cfg(feature = "s3")]
mod s3;
mod servers;
#[cfg(feature = "webhook")]
mod webhook;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::factory::build_with_warnings;
use super::{OptionProblem, Saved, Secret, Storage, StorageContext, StorageError};
use vcon_document::{Document, EgressFormat, Text, VconId};

const ID: &str = "018f2a3b-0000-8000-8000-0000000000aa";

fn id(text: &str) -> VconId {
    VconId::new(text).unwrap()
}

/// Returns a small vCon with a letter outside ASCII, which shows how texts are written.
fn vcon(uuid: &str, created_at: &str) -> Value {
    json!({
        "vcon": "0.4.0", "uuid": uuid, "created_at": created_at, "subject": "Größe",
        "parties": [{"tel": "+15551234567"}], "dialog": [], "analysis": [],
        "attachments": [{"purpose": "tags", "encoding": "json", "body": "[\"a:b\"]"}],
    })
}

fn saved_as(uuid: &str, document: &Value) -> Saved {
    let text: Text = document.to_string().into();
    let document = Arc::new(Document::parse(text.clone()).unwrap());
    Saved {
        id: id(uuid),
        document,
        text,
        egress: EgressFormat::AsStored,
    }
}

fn saved(created_at: &str) -> Saved {
    saved_as(ID, &vcon(ID, created_at))
}

fn options(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A storage and the warnings about its options.
type Made = (Arc<dyn Storage>, Vec<OptionProblem>);

/// Builds a storage with a secret named PASSWORD and, if given, a working store.
fn try_build(module: &str, given: Value, redis_url: Option<&str>) -> Result<Made, Vec<OptionProblem>> {
    let secrets = |name: &str| (name == "PASSWORD").then(|| "s3cr3t-p4ss".to_owned());
    let context = StorageContext {
        redis_url: redis_url.map(Secret::new),
        data_dir: std::env::temp_dir(),
        secrets: Arc::new(secrets),
    };
    build_with_warnings(module, &options(given), &context).map(|built| (built.storage, built.warnings))
}

fn make(module: &str, given: Value) -> Arc<dyn Storage> {
    try_build(module, given, None)
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .0
}

fn transient<T: std::fmt::Debug>(result: Result<T, StorageError>) -> String {
    match result.unwrap_err() {
        StorageError::Transient(message) => message,
        StorageError::Permanent(message) => panic!("permanent: {message}"),
    }
}

fn permanent<T: std::fmt::Debug>(result: Result<T, StorageError>) -> String {
    match result.unwrap_err() {
        StorageError::Permanent(message) => message,
        StorageError::Transient(message) => panic!("transient: {message}"),
    }
}

/// Checks the behaviour of every adapter that reads and deletes.
async fn round_trip(storage: &dyn Storage) {
    let first = saved("2024-01-01T01:00:00+05:00");
    assert_eq!(storage.get(&first.id).await.unwrap(), None);
    assert!(!storage.delete(&first.id).await.unwrap());
    storage.save(&first).await.unwrap();
    storage.save(&first).await.unwrap();
    let mut changed = vcon(ID, "2024-01-01T01:00:00+05:00");
    changed["subject"] = json!("second");
    storage.save(&saved_as(ID, &changed)).await.unwrap();
    let found: Value = serde_json::from_str(&storage.get(&first.id).await.unwrap().unwrap()).unwrap();
    assert_eq!(found, changed);
    assert!(storage.delete(&first.id).await.unwrap());
    assert_eq!(storage.get(&first.id).await.unwrap(), None);
    assert!(!storage.delete(&first.id).await.unwrap());
}
