//! The S3 storage, and faults of its service.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::servers::{Server, free_port};
use super::{ID, make, permanent, round_trip, saved, saved_as, transient, vcon};
use crate::{Saved, Storage};
use vcon_document::EgressFormat;

fn given(server: &Server, more: Value) -> Value {
    let mut given = json!({
        "aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s3cr3t-p4ss", "aws_bucket": "vcons",
        "endpoint_url": server.url("http"),
    });
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    given
}

fn storage(server: &Server, more: Value) -> Arc<dyn Storage> {
    make("storage.s3", given(server, more))
}

async fn ask(server: &Server, method: Method, path: &str, body: &str) -> (u16, reqwest::header::HeaderMap, String) {
    vconduit_base::tls::choose_provider();
    // The service takes the caller from the signature, which it does not check.
    let who =
        "AWS4-HMAC-SHA256 Credential=AKIATEST/20240101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00";
    let request = Client::new()
        .request(method, server.url("http") + path)
        .header("authorization", who);
    let response = request
        .body(body.to_owned())
        .timeout(Duration::from_secs(20))
        .send()
        .await
        .unwrap();
    (
        response.status().as_u16(),
        response.headers().clone(),
        response.text().await.unwrap(),
    )
}

async fn with_bucket() -> Server {
    let server = Server::s3(false);
    assert_eq!(ask(&server, Method::PUT, "/vcons", "").await.0, 200);
    server
}

/// Returns all keys in the bucket, sorted.
async fn keys(server: &Server) -> Vec<String> {
    let (_, _, listing) = ask(server, Method::GET, "/vcons?list-type=2", "").await;
    listing
        .split("<Key>")
        .skip(1)
        .map(|part| part.split('<').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_document_is_saved_read_and_deleted() {
    let server = with_bucket().await;
    round_trip(&*storage(&server, json!({}))).await;
    assert!(keys(&server).await.is_empty());
}

#[tokio::test]
async fn a_copy_has_its_key_its_pointer_and_its_media_type() {
    let server = with_bucket().await;
    for (path, prefix) in [
        (json!(null), ""),
        (json!("in/ner"), "in/ner/"),
        (json!("in/ner/"), "in/ner/"),
    ] {
        let storage = storage(&server, json!({ "s3_path": path }));
        storage.save(&saved("2024-01-01T01:00:00+05:00")).await.unwrap();
        let expected = [
            format!("{prefix}2024/01/01/{ID}.vcon"),
            format!("{prefix}lookup/{ID}.txt"),
        ];
        assert_eq!(keys(&server).await, expected);
        let (_, headers, body) = ask(&server, Method::GET, &format!("/vcons/{}", expected[0]), "").await;
        assert_eq!(headers["content-type"], "application/vcon");
        assert!(
            body.starts_with("{\"vcon\": \"0.4.0\", ") && body.contains("Gr\\u00f6\\u00dfe"),
            "{body}"
        );
        assert_eq!(
            ask(&server, Method::GET, &format!("/vcons/{}", expected[1]), "")
                .await
                .2,
            "2024/01/01"
        );
        assert!(storage.delete(&super::id(ID)).await.unwrap());
        assert!(keys(&server).await.is_empty());
    }
}

#[tokio::test]
async fn without_a_pointer_only_the_key_without_a_date_is_read() {
    let server = with_bucket().await;
    let storage = storage(&server, json!({"prefix": "p"}));
    let uuid = super::id(ID);
    ask(&server, Method::PUT, &format!("/vcons/p/2024/01/01/{ID}.vcon"), "{}").await;
    assert_eq!(storage.get(&uuid).await.unwrap(), None);
    assert!(!storage.delete(&uuid).await.unwrap());
    ask(
        &server,
        Method::PUT,
        &format!("/vcons/p/lookup/{ID}.txt"),
        "../../elsewhere",
    )
    .await;
    assert_eq!(storage.get(&uuid).await.unwrap(), None);
    ask(
        &server,
        Method::PUT,
        &format!("/vcons/p/{ID}.vcon"),
        "{\"dateless\": 1}",
    )
    .await;
    assert_eq!(storage.get(&uuid).await.unwrap().unwrap(), "{\"dateless\": 1}");
    assert!(storage.delete(&uuid).await.unwrap());
    assert_eq!(storage.get(&uuid).await.unwrap(), None);
}

#[tokio::test]
async fn the_egress_format_changes_the_copy() {
    let server = with_bucket().await;
    let document = vcon(ID, "2024-01-01T00:00:00Z");
    let converted = Saved {
        egress: EgressFormat::V0_0_1,
        ..saved_as(ID, &document)
    };
    let by_deployment = storage(&server, json!({}));
    by_deployment.save(&converted).await.unwrap();
    let found: Value = serde_json::from_str(&by_deployment.get(&converted.id).await.unwrap().unwrap()).unwrap();
    assert_eq!(
        (&found["vcon"], &found["attachments"][0]["type"]),
        (&json!("0.0.1"), &json!("tags"))
    );
    assert_eq!(found["attachments"][0]["body"], json!(["a:b"]));
    assert_eq!(*converted.text, document.to_string());
    let by_storage = storage(&server, json!({"egress_format_version": "0.0.1"}));
    by_storage.save(&saved_as(ID, &document)).await.unwrap();
    let found: Value = serde_json::from_str(&by_storage.get(&converted.id).await.unwrap().unwrap()).unwrap();
    assert_eq!(found["vcon"], "0.0.1");
}

#[tokio::test]
async fn a_new_date_leaves_no_orphan() {
    let server = with_bucket().await;
    let storage = storage(&server, json!({}));
    storage.save(&saved("2024-01-01T00:00:00Z")).await.unwrap();
    storage.save(&saved("2023-05-06T00:00:00Z")).await.unwrap();
    assert_eq!(
        keys(&server).await,
        [format!("2023/05/06/{ID}.vcon"), format!("lookup/{ID}.txt")]
    );
}

#[tokio::test]
async fn a_missing_date_is_a_permanent_error_unless_the_vcon_is_encrypted() {
    let server = with_bucket().await;
    let storage = storage(&server, json!({}));
    let message = permanent(storage.save(&saved("some day")).await);
    assert!(
        message.contains("created_at") && keys(&server).await.is_empty(),
        "{message}"
    );
    let sealed = json!({"unprotected": {}, "recipients": [], "ciphertext": "AA", "iv": "AA", "tag": "AA"});
    storage.save(&saved_as(ID, &sealed)).await.unwrap();
    assert_eq!(keys(&server).await, [format!("{ID}.vcon")]);
    assert!(storage.get(&super::id(ID)).await.unwrap().is_some());
}

#[tokio::test]
async fn ids_cannot_lead_out_of_the_prefix() {
    let server = with_bucket().await;
    let storage = storage(&server, json!({"s3_path": "p"}));
    for uuid in ["../up", "..", "a/b", "50%"] {
        storage
            .save(&saved_as(uuid, &vcon(uuid, "2024-01-01T00:00:00Z")))
            .await
            .unwrap();
        assert!(storage.get(&super::id(uuid)).await.unwrap().is_some(), "{uuid}");
        assert!(keys(&server).await.iter().all(|key| key.starts_with("p/")), "{uuid}");
        assert!(storage.delete(&super::id(uuid)).await.unwrap(), "{uuid}");
    }
    assert!(keys(&server).await.is_empty());
}

#[tokio::test]
async fn an_unavailable_service_is_a_transient_error_without_the_keys() {
    let endpoint = format!("http://127.0.0.1:{}", free_port());
    let storage = make(
        "s3",
        json!({"bucket": "vcons", "endpoint_url": endpoint, "aws_access_key_id": "AKIATEST", "aws_secret_access_key": "s3cr3t-p4ss"}),
    );
    let message = transient(storage.save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(
        message.contains(&endpoint) && !message.contains("s3cr3t-p4ss") && !message.contains("AKIATEST"),
        "{message}"
    );
    transient(storage.get(&super::id(ID)).await);
}

#[tokio::test]
async fn wrong_keys_and_a_missing_bucket_are_permanent_errors() {
    let strict = Server::s3(true);
    assert_eq!(ask(&strict, Method::PUT, "/vcons", "").await.0, 200);
    let message = permanent(storage(&strict, json!({})).save(&saved("2024-01-01T00:00:00Z")).await);
    assert!(
        !message.contains("s3cr3t-p4ss") && !message.contains("AKIATEST"),
        "{message}"
    );
    let server = with_bucket().await;
    let nowhere = storage(&server, json!({"aws_bucket": "nowhere"}));
    permanent(nowhere.save(&saved("2024-01-01T00:00:00Z")).await);
}
