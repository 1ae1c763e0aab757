//! Dead letters of storages: listed, and saved again.

use std::sync::Mutex;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::json;

use super::*;
use vcon_document::VconId;
use vconduit_storage::{Abilities, Saved, StorageError};
use vconduit_store::{HostLock, Write};
use vconduit_test_support::Fault;

const LEASE: Duration = Duration::from_secs(3600);
const AGAIN: &str = "/dlq/storage/reprocess?storage_name=s";
const THIRD: &str = "aaaaaaaa-2222-4333-8444-555555555555";

/// A storage that refuses some vCons.
#[derive(Default)]
pub struct Shelf {
    refused: Mutex<Vec<&'static str>>,
    /// Texts of all saves.
    saved: Mutex<Vec<String>>,
    deleted: Mutex<Vec<String>>,
    /// What others do while the next document is saved.
    meanwhile: Mutex<Vec<BoxFuture<'static, ()>>>,
    /// The store, to see whether a letter is there during a save.
    store: OnceLock<Arc<FaultyStore>>,
    letters: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl Storage for Shelf {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: false,
            delete: true,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        if let Some(store) = self.store.get() {
            let list = ListName::new("DLQ:storage:s").unwrap();
            let letters = store.real().entries(&list, 0, 100).await.unwrap();
            self.letters.lock().unwrap().push(letters);
        }
        let meanwhile = self.meanwhile.lock().unwrap().pop();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        if self.refused.lock().unwrap().contains(&saved.id.as_str()) {
            return Err(StorageError::Permanent("not this one".to_owned()));
        }
        self.saved.lock().unwrap().push(saved.text.to_string());
        Ok(())
    }

    async fn get(&self, _: &VconId) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StorageError> {
        self.deleted.lock().unwrap().push(id.to_string());
        Ok(true)
    }
}

impl Shelf {
    /// Ids of all saves.
    fn ids(&self) -> Vec<String> {
        let saved = self.saved.lock().unwrap();
        let id = |text: &String| {
            serde_json::from_str::<Value>(text).unwrap()["uuid"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        saved.iter().map(id).collect()
    }
}

/// An API with the storage `s`, whose dead letters are these vCons.
pub async fn scene(letters: &[&str]) -> (Api, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    let storages: [(_, Arc<dyn Storage>); 1] = [("s", shelf.clone())];
    let api = Api::storages(storages, settings());
    shelf.store.set(api.store.clone()).ok().unwrap();
    for letter in letters {
        api.keep(letter, &vcon(letter).to_string()).await;
    }
    api.append("DLQ:storage:s", letters).await;
    (api, shelf)
}

async fn again(api: &Api, path: &str) -> Answer {
    api.post(path, &Value::Null).await
}

fn id(text: &str) -> VconId {
    VconId::new(text).unwrap()
}

#[tokio::test]
async fn dead_letters_of_a_storage_are_listed_and_saved_oldest_first() {
    let (api, shelf) = scene(&[ID, OTHER, THIRD]).await;
    api.get("/dlq/storage?storage_name=s")
        .await
        .is(200, json!([ID, OTHER, THIRD]));
    again(&api, &format!("{AGAIN}&count=2")).await.is(200, json!(2));
    assert_eq!(shelf.ids(), [ID, OTHER]);
    api.get("/dlq/storage?storage_name=s").await.is(200, json!([THIRD]));
    again(&api, AGAIN).await.is(200, json!(1));
    again(&api, AGAIN).await.is(200, json!(0));
    assert!(api.raw(ID).await.is_some(), "the document has to stay");
}

#[tokio::test]
async fn a_letter_is_removed_only_after_its_save() {
    let (api, shelf) = scene(&[ID, OTHER]).await;
    again(&api, AGAIN).await.is(200, json!(2));
    let seen = std::mem::take(&mut *shelf.letters.lock().unwrap());
    assert_eq!(seen, [vec![ID, OTHER], vec![OTHER]], "the letters during each save");
}

#[tokio::test]
async fn the_first_failure_ends_the_replay_and_the_other_letters_stay() {
    let (api, shelf) = scene(&[ID, OTHER, THIRD]).await;
    shelf.refused.lock().unwrap().push(OTHER);
    again(&api, AGAIN).await.is(200, json!(1));
    assert_eq!(api.entries("DLQ:storage:s").await, [OTHER, THIRD]);
    assert_eq!(shelf.ids(), [ID], "a letter after the failure was saved");
    again(&api, AGAIN).await.is(200, json!(0));
    shelf.refused.lock().unwrap().clear();
    again(&api, AGAIN).await.is(200, json!(2));
}

#[tokio::test]
async fn a_storage_that_is_not_configured_is_not_found() {
    let (api, _) = scene(&[]).await;
    api.append("DLQ:storage:old", &[ID]).await;
    let refusal = json!({"detail": "there is no such storage in the configuration"});
    api.get("/dlq/storage?storage_name=old").await.is(404, refusal.clone());
    again(&api, "/dlq/storage/reprocess?storage_name=old")
        .await
        .is(404, refusal);
    assert_eq!(api.entries("DLQ:storage:old").await, [ID]);
}

#[tokio::test]
async fn one_replay_of_a_storage_runs_at_a_time() {
    let (api, shelf) = scene(&[ID]).await;
    let other = HostLock::new("storage-replay:s");
    assert!(api.store.real().lock(&other, LEASE).await.unwrap());
    let answer = again(&api, AGAIN).await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    assert!(shelf.ids().is_empty(), "two replays of one storage");
    api.store.real().unlock(&other).await.unwrap();
    again(&api, AGAIN).await.is(200, json!(1));
    assert!(
        api.store.real().lock(&other, LEASE).await.unwrap(),
        "the replay keeps its lock"
    );
}

#[tokio::test]
async fn a_second_call_during_a_replay_is_refused() {
    let (api, shelf) = scene(&[ID]).await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel();
    let wait = async move {
        begun.send(()).unwrap();
        released.await.unwrap();
    };
    shelf.meanwhile.lock().unwrap().push(Box::pin(wait));
    let second = async {
        has_begun.await.unwrap();
        let answer = again(&api, AGAIN).await;
        release.send(()).unwrap();
        answer
    };
    let (first, second) = tokio::join!(again(&api, AGAIN), second);
    assert_eq!(second.status, 409, "{}", second.text);
    first.is(200, json!(1));
}

/// Another client changes the subject of the vCon.
async fn change(store: Arc<FaultyStore>, subject: String) {
    let stored = store.real().get_one(&id(ID)).await.unwrap().unwrap();
    let mut newer = vcon(ID);
    newer["subject"] = subject.into();
    let write = Write {
        id: id(ID),
        text: newer.to_string().into(),
        expected: stored.revision,
    };
    store.real().write(write).await.unwrap();
}

#[tokio::test]
async fn a_document_that_changes_while_it_is_saved_is_saved_again() {
    let (api, shelf) = scene(&[ID]).await;
    let newer = Box::pin(change(api.store.clone(), "newer".to_owned()));
    shelf.meanwhile.lock().unwrap().push(newer);
    again(&api, AGAIN).await.is(200, json!(1));
    let saved = shelf.saved.lock().unwrap().clone();
    assert_eq!(saved.len(), 2, "{saved:?}");
    assert!(saved[1].contains("newer"), "the storage has an old revision");
}

#[tokio::test]
async fn a_document_that_changes_during_each_save_keeps_its_letter() {
    let (api, shelf) = scene(&[ID]).await;
    for at in 0..20 {
        let newer = Box::pin(change(api.store.clone(), format!("change {at}")));
        shelf.meanwhile.lock().unwrap().push(newer);
    }
    again(&api, AGAIN).await.is(200, json!(0));
    assert_eq!(shelf.ids().len(), 10, "the number of saves has to be bounded");
    assert_eq!(api.entries("DLQ:storage:s").await, [ID]);
}

#[tokio::test]
async fn a_vcon_that_was_deleted_drops_its_letter_and_leaves_no_copy() {
    let (api, shelf) = scene(&[ID, OTHER]).await;
    assert!(api.store.real().delete(&id(ID)).await.unwrap());
    let store = api.store.clone();
    let delete = async move {
        store.real().delete(&id(OTHER)).await.unwrap();
    };
    shelf.meanwhile.lock().unwrap().push(Box::pin(delete));
    again(&api, AGAIN).await.is(200, json!(0));
    assert!(api.entries("DLQ:storage:s").await.is_empty(), "their letters stay");
    assert_eq!(shelf.ids(), [OTHER], "deleted before its save, and during it");
    let deleted = shelf.deleted.lock().unwrap().clone();
    assert!(deleted.contains(&OTHER.to_owned()), "a copy of a deleted vCon stays");
}

#[tokio::test]
async fn a_letter_without_a_document_stays_and_the_others_are_saved() {
    let (api, shelf) = scene(&[]).await;
    api.append("DLQ:storage:s", &[OTHER]).await;
    api.keep(ID, &vcon(ID).to_string()).await;
    api.keep("damaged", "no vCon").await;
    api.append("DLQ:storage:s", &["damaged", ID]).await;
    again(&api, AGAIN).await.is(200, json!(1));
    assert_eq!(shelf.ids(), [ID]);
    assert_eq!(api.entries("DLQ:storage:s").await, [OTHER, "damaged"]);
}

#[tokio::test]
async fn parameters_of_dead_letters_of_storages_are_checked() {
    let (api, _) = scene(&[ID]).await;
    let missing = [("missing", json!(["query", "storage_name"]))];
    api.get("/dlq/storage").await.refuses(&missing);
    again(&api, "/dlq/storage/reprocess").await.refuses(&missing);
    for (count, kind) in [
        ("0", "greater_than_equal"),
        ("10001", "less_than_equal"),
        ("x", "int_parsing"),
    ] {
        let answer = again(&api, &format!("{AGAIN}&count={count}")).await;
        answer.refuses(&[(kind, json!(["query", "count"]))]);
    }
    assert_eq!(api.entries("DLQ:storage:s").await, [ID]);
    let request = request("POST", AGAIN).body(Body::empty()).unwrap();
    assert_eq!(api.send(request).await.status, 403, "without a key");
}

#[tokio::test]
async fn errors_of_the_store_have_the_words_of_the_other_routes() {
    let (api, _) = scene(&[ID]).await;
    api.store.fail_all(Fault::Refused);
    let read = api.get("/dlq/storage?storage_name=s").await;
    read.is(500, json!({"detail": "Failed to read DLQ"}));
    let saved = again(&api, AGAIN).await;
    saved.is(500, json!({"detail": "Failed to reprocess DLQ"}));
}
