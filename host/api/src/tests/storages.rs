//! Reads that go through to storages, and deletions from them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::json;

use super::admin_queues::admin;
use super::*;
use vcon_document::VconId;
use vconduit_storage::{Abilities, Saved, StorageError};
use vconduit_test_support::Fault;

/// A storage with one result for everything.
#[derive(Default)]
struct Shelf {
    text: Option<String>,
    broken: bool,
    /// The store that another client posts the vCon to while this storage is asked.
    posted_meanwhile: OnceLock<Arc<FaultyStore>>,
    reads: AtomicUsize,
    deletes: AtomicUsize,
}

#[async_trait]
impl Storage for Shelf {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: true,
            delete: true,
        }
    }
    async fn save(&self, _: &Saved) -> Result<(), StorageError> {
        Ok(())
    }
    async fn get(&self, id: &VconId) -> Result<Option<String>, StorageError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if let Some(store) = self.posted_meanwhile.get() {
            scene::keep(store.real(), id.as_str(), &vcon(ID).to_string()).await;
        }
        if self.broken {
            Err(StorageError::Permanent("broken".into()))
        } else {
            Ok(self.text.clone())
        }
    }
    async fn delete(&self, _: &VconId) -> Result<bool, StorageError> {
        self.deletes.fetch_add(1, Ordering::Relaxed);
        if self.broken {
            Err(StorageError::Permanent("broken".into()))
        } else {
            Ok(true)
        }
    }
}

fn old_vcon() -> String {
    json!({
        "uuid": ID, "vcon": "0.0.1", "created_at": "2024-03-01T10:00:00+00:00", "parties": [], "dialog": [], "analysis": [],
        "attachments": [{"type": "tags", "body": {"k": "v"}, "encoding": "none"}], "group": [], "redacted": {},
    })
    .to_string()
}

struct Shelves {
    api: Api,
    broken: Arc<Shelf>,
    empty: Arc<Shelf>,
    full: Arc<Shelf>,
}

fn shelves() -> Shelves {
    let broken = Arc::new(Shelf {
        broken: true,
        ..Shelf::default()
    });
    let (empty, full) = (
        Arc::new(Shelf::default()),
        Arc::new(Shelf {
            text: Some(old_vcon()),
            ..Shelf::default()
        }),
    );
    let storages: [(_, Arc<dyn Storage>); 3] = [
        ("broken", broken.clone()),
        ("empty", empty.clone()),
        ("full", full.clone()),
    ];
    Shelves {
        api: Api::storages(storages, admin_settings()),
        broken,
        empty,
        full,
    }
}

#[tokio::test]
async fn a_vcon_in_the_store_is_not_looked_for_in_storages() {
    let Shelves { api, full, .. } = shelves();
    api.post("/vcon", &vcon(ID)).await;
    assert_eq!(api.get(&format!("/vcon/{ID}")).await.status, 200);
    assert_eq!(full.reads.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_vcon_from_a_storage_has_the_current_form() {
    let Shelves {
        api,
        broken,
        empty,
        full,
    } = shelves();
    let got = api.get(&format!("/vcon/{ID}")).await;
    assert_eq!(got.status, 200);
    let document = got.json();
    assert_eq!(document["vcon"], "0.4.0");
    assert_eq!(
        document["attachments"],
        json!([{"purpose": "tags", "body": "{\"k\": \"v\"}", "encoding": "json"}])
    );
    assert!(document.get("group").is_none());
    assert_eq!(api.raw(ID).await.unwrap(), got.text, "kept in the store");
    api.get("/vcon").await.is(200, json!([ID]));
    assert_eq!(api.get(&format!("/vcon/{ID}")).await.text, got.text);
    for shelf in [broken, empty, full] {
        assert_eq!(shelf.reads.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn batches_and_lists_read_through_too() {
    let Shelves { api, .. } = shelves();
    let many = api
        .get(&format!("/vcons?vcon_uuids={OTHER}&vcon_uuids={ID}"))
        .await
        .json();
    assert_eq!((&many[0], &many[1]["uuid"]), (&json!(null), &json!(ID)));
    let Shelves { api, .. } = shelves();
    assert_eq!(
        api.post("/vcon/ingress?ingress_list=a", &json!([OTHER, ID]))
            .await
            .status,
        204
    );
    assert_eq!(api.entries("a").await, [ID]);
}

#[tokio::test]
async fn a_vcon_that_is_nowhere_is_not_found() {
    let empty: Arc<dyn Storage> = Arc::new(Shelf::default());
    let api = Api::storages([("empty", empty)], settings());
    assert_eq!(api.get(&format!("/vcon/{ID}")).await.status, 404);
    assert_eq!(api.puts(), 0);
}

#[tokio::test]
async fn a_delete_reaches_every_storage() {
    let Shelves {
        api,
        broken,
        empty,
        full,
    } = shelves();
    api.store.fail_all(Fault::Refused);
    assert_eq!(api.delete(&format!("/vcon/{ID}")).await.status, 204);
    for shelf in [broken, empty, full] {
        assert_eq!(shelf.deletes.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn runs_read_from_storages_only_where_they_may() {
    for allowed in [true, false] {
        let full: Arc<dyn Storage> = Arc::new(Shelf {
            text: Some(old_vcon()),
            ..Shelf::default()
        });
        let api = Api::storages([("full", full)], settings());
        let documents = Documents::new(
            api.store.clone(),
            api.live.clone(),
            &Settings {
                storage_fallback: allowed,
                ..settings()
            },
        );
        let found = documents.fetch(&VconId::new(ID).unwrap()).await.unwrap();
        assert_eq!(found.is_some(), allowed);
        assert_eq!(api.puts(), usize::from(allowed));
    }
}

#[tokio::test]
async fn where_a_vcon_is_asks_the_storages_too() {
    let Shelves { api, .. } = shelves();
    let find = async |id: &str| api.send(admin("GET", &format!("/where/{id}"), Body::empty())).await;
    let found = find(ID).await;
    assert_eq!(found.status, 200, "{}", found.text);
    let found = found.json();
    assert_eq!(found["stored"], false, "only a storage has it");
    assert_eq!(
        found["storages"],
        json!([
            {"storage": "broken", "error": "broken"},
            {"storage": "empty", "held": false},
            {"storage": "full", "held": true},
        ])
    );
    let unknown = find(OTHER).await;
    assert_eq!(unknown.status, 404);
    let fix = unknown.json()["fix"].clone();
    assert!(fix.as_str().is_some_and(|fix| fix.contains("broken")), "{fix}");
}

#[tokio::test]
async fn a_vcon_that_is_posted_while_a_storage_is_asked_stays() {
    let slow = Arc::new(Shelf {
        text: Some(old_vcon()),
        ..Shelf::default()
    });
    let storages: [(_, Arc<dyn Storage>); 1] = [("slow", slow.clone())];
    let api = Api::storages(storages, settings());
    slow.posted_meanwhile.set(api.store.clone()).ok().unwrap();
    assert_eq!(api.get(&format!("/vcon/{ID}")).await.status, 200);
    assert_eq!(
        api.raw(ID).await,
        Some(vcon(ID).to_string()),
        "an old copy has overwritten a new one"
    );
}
