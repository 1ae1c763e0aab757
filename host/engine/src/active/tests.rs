//! Changes that are in force when they return, and stores that lose their copy.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::broadcast::Receiver;

use super::*;
use crate::control::audit::Actor;
use crate::control::configuration::{Configuration, Permission};
use crate::control::confirm::confirm;
use crate::control::links::{Links, Upload};
use crate::events::{Event, Told};
use crate::reload::ConfigSource;
use crate::testing::{TestHost, TestStore, on_both};
use vconduit_base::names::LinkName;
use vconduit_config::store_copy::to_entries;
use vconduit_config::{LinkRecord, Written};
use vconduit_standard_links::standard;

on_both!(
    a_change_is_in_force_on_this_host_when_it_returns,
    a_change_that_another_host_made_first_is_in_force_too,
    a_host_on_a_later_revision_confirms_a_change
);

fn written(chain: &str) -> Written {
    let text = format!(r#"{{"chains": {{"{chain}": {{"links": [], "ingress_lists": ["in"]}}}}}}"#);
    serde_json::from_str(&text).unwrap()
}

/// Starts a host with a chain `a`, unless the store has a configuration.
async fn host(store: &TestStore) -> TestHost {
    let (mut revision, mut entries) = store.store.load_config().await.unwrap();
    if revision.is_none() {
        entries = to_entries(&written("a"));
        revision = store.store.save_config(&entries, None, None).await.unwrap().unwrap();
    }
    let loaded = Loaded {
        config: config_reader(Vec::new()).entries(&entries).config.unwrap(),
        revision,
        entries,
    };
    TestHost::begin(store.store.clone(), loaded).await
}

fn configuration(host: &TestHost) -> Configuration {
    let (follower, registry) = (host.follower.clone(), host.registry.clone());
    Configuration::new(follower, registry, host.events.clone(), PathBuf::from("c.yml"))
}

fn links(host: &TestHost) -> Links {
    let (follower, registry) = (host.follower.clone(), host.registry.clone());
    Links::new(follower, registry, host.live.clone(), host.events.clone())
}

fn actor() -> Actor {
    Actor {
        name: "ann".to_owned(),
        request_id: "r".to_owned(),
    }
}

/// Uploads a standard link as a version of `mine`. Returns its digest.
async fn upload(host: &TestHost, name: &str, activate: bool) -> Digest {
    let component = standard().find(|link| link.name == name).unwrap();
    let upload = Upload {
        activate,
        ..Upload::default()
    };
    let bytes = Bytes::from_static(component.bytes);
    let uploaded = links(host).upload(&mine(), bytes, upload, &actor()).await.unwrap();
    assert_eq!(uploaded.held, None, "{name} can't be activated");
    uploaded.digest
}

fn mine() -> LinkName {
    LinkName::new("mine").unwrap()
}

async fn heard(told: &mut Receiver<Arc<Told>>) -> Event {
    let waiting = tokio::time::timeout(Duration::from_secs(20), told.recv());
    waiting.await.expect("nothing is said").unwrap().event.clone()
}

async fn record(store: &TestStore) -> LinkRecord {
    let (_, entries) = store.store.load_config().await.unwrap();
    store_copy::record(&entries, "mine").unwrap()
}

async fn a_change_is_in_force_on_this_host_when_it_returns(store: TestStore) {
    let host = host(&store).await;
    let configuration = configuration(&host);
    for name in ["b", "c", "b"] {
        let revision = configuration.replace(&written(name), Permission::Admin).await.unwrap();
        assert_eq!(host.chains(), [name], "the change is saved and not active");
        assert_eq!(host.live.load().revision, revision);
    }
    let digest = upload(&host, "delay", true).await;
    let link = host
        .live
        .load()
        .links
        .get(&mine())
        .map(|link| link.component.digest.clone());
    assert_eq!(link, Some(digest), "the version is saved and not active");
}

async fn a_change_that_another_host_made_first_is_in_force_too(store: TestStore) {
    let (one, other) = (host(&store).await, host(&store).await);
    configuration(&other)
        .replace(&written("b"), Permission::Admin)
        .await
        .unwrap();
    assert_eq!(one.chains(), ["a"]);
    // The change of this host is the same, so nothing is saved that it did not know.
    one.follower.follow().await.unwrap();
    assert_eq!(one.chains(), ["b"]);
    assert_eq!(one.live.load().revision, other.live.load().revision);
}

/// Revisions have no order, and hosts go from one to a later one without those between.
async fn a_host_on_a_later_revision_confirms_a_change(store: TestStore) {
    let host = host(&store).await;
    let configuration = configuration(&host);
    let first = configuration.replace(&written("b"), Permission::Admin).await.unwrap();
    let later = configuration.replace(&written("c"), Permission::Admin).await.unwrap();
    let old = ConfigRevision::from(u64::MAX);
    for (name, revision) in [("h1", first), ("h2", later), ("h3", old)] {
        let problem = (name == "h3").then(|| serde_json::json!({"revision": later, "reason": "no memory"}));
        let report = serde_json::json!({"revision": revision, "problem": problem}).to_string();
        let id = vconduit_base::names::HostId::new(name).unwrap();
        store
            .store
            .announce(&id, &report, Duration::from_secs(60))
            .await
            .unwrap();
    }
    let confirmation = confirm(store.store.as_ref(), first).await.unwrap();
    assert_eq!(confirmation.confirmed, ["h1", "h2"]);
    let unconfirmed: Vec<_> = confirmation
        .unconfirmed
        .iter()
        .map(|host| (host.host.as_str(), host.why.as_str()))
        .collect();
    assert_eq!(unconfirmed, [("h3", "no memory")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_the_store_lost_is_put_back_with_versions_grants_and_components() {
    let store = TestStore::redis().await;
    let (one, other) = (host(&store).await, host(&store).await);
    let old = upload(&one, "sampler", true).await;
    let active = upload(&one, "delay", true).await;
    let grants = serde_json::from_str(r#"{"http": ["a.com"]}"#).unwrap();
    links(&one).grant(&mine(), None, grants, &actor()).await.unwrap();
    other.follower.follow().await.unwrap();
    let (before, entries) = store.store.load_config().await.unwrap();
    let (known, about) = (
        record(&store).await,
        store.store.about_component(&active).await.unwrap(),
    );
    let mut told = one.events.listen();

    store.lose_everything();
    one.follower.follow().await.unwrap();

    let (after, put_back) = store.store.load_config().await.unwrap();
    assert!(are_equal(&put_back, &entries), "not all of it is there again");
    assert_eq!(record(&store).await, known);
    assert_ne!(
        after, before,
        "a host on the lost copy would not see that it is another one"
    );
    assert_eq!(one.live.load().revision, after);
    for digest in [&old, &active] {
        let bytes = store.store.component(digest).await.unwrap();
        assert!(bytes.is_some(), "the component {digest} is gone");
    }
    assert_eq!(store.store.about_component(&active).await.unwrap(), about);
    let event = heard(&mut told).await;
    let missing = Vec::new();
    assert_eq!(
        event,
        Event::ConfigRestored {
            revision: after,
            missing
        }
    );
    other.follower.follow().await.unwrap();
    assert_eq!(other.live.load().revision, after);
}

/// The host that puts the copy back may lack components that another one has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn components_that_one_host_lacks_are_named_and_put_back_by_another() {
    let store = TestStore::redis().await;
    let uploaded_to = host(&store).await;
    let old = upload(&uploaded_to, "sampler", true).await;
    let active = upload(&uploaded_to, "delay", true).await;
    // It starts after the upload, so it loads the active version only.
    let started_later = host(&store).await;
    let mut told = started_later.events.listen();

    store.lose_everything();
    started_later.follower.follow().await.unwrap();

    let (revision, _) = store.store.load_config().await.unwrap();
    let missing = vec![old.clone()];
    let event = heard(&mut told).await;
    assert_eq!(event, Event::ConfigRestored { revision, missing });
    assert!(store.store.component(&active).await.unwrap().is_some());
    assert!(store.store.component(&old).await.unwrap().is_none());
    uploaded_to.follower.follow().await.unwrap();
    assert!(
        store.store.component(&old).await.unwrap().is_some(),
        "the other host did not help"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_notice_a_loss_at_once_do_not_fight() {
    let store = TestStore::redis().await;
    let hosts = [host(&store).await, host(&store).await, host(&store).await];
    for _ in 0..5 {
        store.lose_everything();
        let follow = hosts.iter().map(|host| host.follower.follow());
        futures::future::try_join_all(follow).await.unwrap();
        let (revision, _) = store.store.load_config().await.unwrap();
        for host in &hosts {
            host.follower.follow().await.unwrap();
            assert_eq!(host.live.load().revision, revision, "two copies were put back");
            assert_eq!(host.chains(), ["a"]);
        }
        assert_eq!(store.store.load_config().await.unwrap().0, revision, "the hosts fight");
    }
}

/// Without the loss being mended first, the change would be made on an empty copy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_after_a_loss_keeps_versions_and_their_grants() {
    let store = TestStore::redis().await;
    let host = host(&store).await;
    upload(&host, "delay", true).await;
    let known = record(&store).await;
    store.lose_everything();
    configuration(&host)
        .replace(&written("b"), Permission::Admin)
        .await
        .unwrap();
    assert_eq!(host.chains(), ["b"]);
    assert_eq!(record(&store).await, known, "the change was made on an empty copy");
}

/// A host that starts before a running one notices the loss begins anew with its file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_between_a_loss_and_its_notice_loses_neither_versions_nor_a_newer_file() {
    let store = TestStore::redis().await;
    for chain in ["v1", "v2"] {
        started(&store, chain).await;
    }
    let host = host(&store).await;
    upload(&host, "delay", true).await;
    let known = record(&store).await;
    for (file, expected) in [("v1", "v2"), ("v2", "v2"), ("v3", "v3")] {
        store.lose_everything();
        let starting = started(&store, file).await;
        host.follower.follow().await.unwrap();
        assert_eq!(host.chains(), [expected], "after a start with {file}");
        assert_eq!(record(&store).await, known, "after a start with {file}");
        let (revision, _) = store.store.load_config().await.unwrap();
        for host in [&starting, &host] {
            host.follower.follow().await.unwrap();
            assert_eq!(host.live.load().revision, revision, "the hosts fight");
        }
    }
}

/// A host that starts with this chain in its file.
async fn started(store: &TestStore, chain: &str) -> TestHost {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.yml");
    std::fs::write(&file, serde_json::to_string(&written(chain)).unwrap()).unwrap();
    let loaded = ConfigSource::new(file, store.store.clone()).start().await.unwrap();
    TestHost::begin(store.store.clone(), loaded).await
}

/// Counted revisions began again at 1: the second save after a loss had the number in force, so no
/// host took it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_another_program_saves_after_a_loss_is_taken() {
    let store = TestStore::redis().await;
    let host = host(&store).await;
    store.lose_everything();
    let other = to_entries(&written("b"));
    store.store.save_config(&other, None, None).await.unwrap().unwrap();
    host.follower.follow().await.unwrap();
    assert_eq!(host.chains(), ["b"], "a saved configuration is not active");
}
