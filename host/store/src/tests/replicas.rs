//! Replicas that confirm what is acknowledged, and servers that can't be used.

use super::*;
use crate::redis::{RedisStore, RedisStoreOptions};
use vconduit_base::redis::{RedisJson, ReplicaWait};

async fn connected(server: &RedisServer, wait: &str) -> RedisStore {
    let options = RedisStoreOptions {
        wait: Some(wait.parse::<ReplicaWait>().unwrap()),
        ..RedisStoreOptions::new(LIFETIMES)
    };
    RedisStore::connect(&server.url(), options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_acknowledged_only_when_the_replicas_have_confirmed_it() {
    use crate::{ClaimEndings as _, ClaimStore as _, DocumentStore as _};
    let primary = RedisServer::start(&["--appendonly", "no", "--repl-diskless-sync-delay", "0"]).await;
    let replicaof = format!("127.0.0.1 {}", primary.port);
    let mut replica = RedisServer::start(&["--replicaof", &replicaof]).await;
    let store = connected(&primary, "1:3000").await;
    let post = |name: &str| NewDocument {
        push_to: vec![list("q")],
        ..document(name)
    };
    for _ in 0..50 {
        if store.put(post("a")).await.is_ok() {
            break;
        }
    }
    let there: i64 = replica.raw(&["EXISTS", "vcon:a"]).await;
    assert_eq!(there, 1, "an acknowledged vCon is on the replica");
    let claim = store.claim(&list("q"), &host(), 1, LEASE).await.unwrap().remove(0);

    replica.kill();
    drop(store);
    let store = connected(&primary, "1:200").await;
    let error = store.put(post("b")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(
        error.to_string().contains("0 of 1 replicas have confirmed put"),
        "{error}"
    );
    let finish = store.finish(&claim, &claim.vcon, None, &no_effects(), &[]).await;
    assert!(finish.is_err(), "the end of a run was acknowledged that no replica has");

    replica.spawn();
    let store = connected(&primary, "1:3000").await;
    let done = async {
        loop {
            // Done already, and acknowledged once a replica has it.
            if let Ok(done) = store.finish(&claim, &claim.vcon, None, &no_effects(), &[]).await {
                break done;
            }
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(20), done)
        .await
        .expect("the replica is back");
    assert_eq!(done, Guarded::Done(None));
}

#[tokio::test]
async fn a_server_that_can_not_be_used_is_refused_with_the_reason() {
    let plain = RedisServer::start(&["--appendonly", "no"]).await;
    if std::env::var(redis_server::MODULE).is_err() {
        let options = RedisStoreOptions {
            json: RedisJson::Always,
            ..RedisStoreOptions::new(LIFETIMES)
        };
        let error = RedisStore::connect(&plain.url(), options).await.unwrap_err();
        assert!(error.to_string().contains("VCONDUIT_REDISJSON"), "{error}");
    }
    let cluster = RedisServer::start(&["--cluster-enabled", "yes"]).await;
    let error = RedisStore::connect(&cluster.url(), RedisStoreOptions::new(LIFETIMES))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Refused { .. }) && error.to_string().contains("Cluster"),
        "{error}"
    );
}

#[tokio::test]
async fn settings_that_can_lose_data_are_found_on_a_real_server() {
    let found = async |options: &[&str]| -> Vec<String> {
        let server = RedisServer::start(options).await;
        let store = RedisStore::connect(&server.url(), RedisStoreOptions::new(LIFETIMES))
            .await
            .unwrap();
        let faults = store.durability_faults().await.unwrap();
        faults.iter().map(ToString::to_string).collect()
    };
    assert!(
        found(&["--appendonly", "yes", "--appendfsync", "always"])
            .await
            .is_empty()
    );
    let lossy = found(&[
        "--appendonly",
        "no",
        "--maxmemory",
        "100mb",
        "--maxmemory-policy",
        "allkeys-lru",
    ])
    .await;
    assert_eq!(lossy.len(), 2, "{lossy:?}");
    assert!(lossy[0].contains("put `appendonly yes` into redis.conf"), "{lossy:?}");
    assert!(lossy[1].contains("maxmemory-policy noeviction"), "{lossy:?}");
    let closed = found(&["--rename-command", "CONFIG", ""]).await;
    assert!(closed[0].contains("does not let its settings be read"), "{closed:?}");
}
