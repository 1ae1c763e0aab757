//! The Redis storage, on the working store's server and on its own, and faults of the server.

use std::sync::Arc;

use serde_json::{Value, json};

use super::servers::{Server, free_port};
use super::{ID, make, permanent, round_trip, saved, transient, try_build};
use crate::Storage;

async fn ask<T: redis::FromRedisValue>(server: &Server, command: &[&str]) -> T {
    let client = redis::Client::open(server.url("redis")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (name, arguments) = command.split_first().unwrap();
    redis::cmd(name)
        .arg(arguments)
        .query_async(&mut connection)
        .await
        .unwrap()
}

fn storage(server: &Server, more: Value) -> Arc<dyn Storage> {
    try_build("storage.redis_storage", more, Some(&server.url("redis")))
        .unwrap()
        .0
}

#[tokio::test]
async fn a_copy_has_its_key_its_text_and_its_time_to_live() {
    let server = Server::redis(None);
    let standard = storage(&server, json!({}));
    round_trip(&*standard).await;
    standard.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    let key = format!("vcon_storage:{ID}");
    let left: i64 = ask(&server, &["TTL", &key]).await;
    assert!((604_700..=604_800).contains(&left), "{left}");
    let text: String = ask(&server, &["GET", &key]).await;
    assert!(
        text.starts_with("{\"vcon\": \"0.4.0\", ") && text.contains("Gr\\u00f6\\u00dfe"),
        "{text}"
    );
    let other = storage(&server, json!({"key_prefix": "mine", "ttl": "60"}));
    other.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    let left: i64 = ask(&server, &["TTL", &format!("mine:{ID}")]).await;
    assert!((55..=60).contains(&left), "{left}");
}

#[tokio::test]
async fn a_server_of_its_own_is_used() {
    let (main, own) = (Server::redis(None), Server::redis(Some("s3cr3t-p4ss")));
    let url = format!("redis://:{{{{secret:PASSWORD}}}}@127.0.0.1:{}", own.port);
    let given = json!({ "redis_url": url });
    let (storage, warnings) = try_build("redis_storage", given, Some(&main.url("redis"))).unwrap();
    assert!(warnings.is_empty());
    round_trip(&*storage).await;
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(ask::<i64>(&main, &["DBSIZE"]).await, 0);
    let given = json!({"host": "127.0.0.1", "port": main.port});
    let (storage, warnings) = try_build("redis_storage", given, Some("redis://127.0.0.1:1")).unwrap();
    assert_eq!(warnings.len(), 1);
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(ask::<i64>(&main, &["DBSIZE"]).await, 1);
}

#[tokio::test]
async fn the_conservers_default_url_stands_for_the_working_store() {
    let main = Server::redis(None);
    let given = json!({"redis_url": "redis://:localhost:6379"});
    let (storage, warnings) = try_build("redis_storage", given, Some(&main.url("redis"))).unwrap();
    assert_eq!(warnings[0].option, "redis_url");
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(ask::<i64>(&main, &["DBSIZE"]).await, 1);
}

#[tokio::test]
async fn an_unavailable_server_is_a_transient_error_without_the_password() {
    let url = format!("redis://user:s3cr3t-p4ss@127.0.0.1:{}", free_port());
    let storage = make("redis_storage", json!({ "redis_url": url }));
    let message = transient(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(
        message.contains("127.0.0.1") && !message.contains("s3cr3t-p4ss"),
        "{message}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_a_permanent_error_without_the_password() {
    let server = Server::redis(Some("right"));
    for url in [
        format!("redis://:s3cr3t-p4ss@127.0.0.1:{}", server.port),
        server.url("redis"),
    ] {
        let storage = make("redis_storage", json!({ "redis_url": url }));
        let message = permanent(storage.save(&saved("2024-01-01T00:00:00Z")).await);
        assert!(
            !message.contains("s3cr3t-p4ss") && !message.contains("right"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn comes_back_with_the_server() {
    let mut server = Server::redis(None);
    let storage = storage(&server, json!({}));
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    server.stop();
    transient(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    transient(storage.get(&super::id(ID)).await);
    server.start_again();
    let mut tries = 0;
    while let Err(error) = storage.save(&saved("2024-01-01T00:00:00Z")).await {
        tries += 1;
        assert!(tries < 20, "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_full_server_is_transient() {
    let server = Server::redis(None);
    let storage = storage(&server, json!({}));
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    let _: String = ask(&server, &["CONFIG", "SET", "maxmemory", "1"]).await;
    let message = transient(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(message.contains("OOM"), "{message}");
    assert!(storage.get(&super::id(ID)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_key_of_another_type_is_permanent() {
    let server = Server::redis(None);
    let _: i64 = ask(&server, &["RPUSH", &format!("vcon_storage:{ID}"), "x"]).await;
    permanent(storage(&server, json!({})).get(&super::id(ID)).await);
}
