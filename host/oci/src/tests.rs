//! Pulls and pushes with a registry of the test (Debian package docker-registry), and with
//! registries that misbehave.

use axum::Router;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use vconduit_harness::registry::{REGISTRY_PASSWORD, REGISTRY_USER};
use vconduit_harness::{RegistryServer, free_port};

use super::*;

const MIB: u64 = 1024 * 1024;

fn at(registry: &RegistryServer, rest: &str) -> OciReference {
    format!("{}/{rest}", registry.address()).parse().expect("a reference")
}

fn parcel(bytes: &[u8]) -> Parcel {
    Parcel {
        bytes: Bytes::copy_from_slice(bytes),
        signature: Some("untrusted comment: x\nRUQ\ntrusted comment: y\nAAAA\n".to_owned()),
        title: "tagger".to_owned(),
        version: "1.2.0".to_owned(),
        summary: "Tags\nvCons.".to_owned(),
        imports: vec!["vcon:link/document@0.1.0".to_owned()],
        exports: vec!["vcon:link/handler@0.1.0".to_owned()],
    }
}

fn oci() -> Oci {
    Oci::new(OciSettings::default())
}

#[tokio::test]
async fn a_pushed_component_is_pulled_with_its_signature_by_tag_and_by_digest() {
    let registry = RegistryServer::start();
    let reference = at(&registry, "acme/tagger:1.2.0");
    let sent = parcel(&[7; 3_000_000]);
    let digest = oci().push(&reference, sent.clone()).await.expect("an accepted push");
    for from in [
        reference.clone(),
        reference.pinned(&digest),
        at(&registry, &format!("acme/tagger@{digest}")),
    ] {
        let pulled = oci().pull(&from, 64 * MIB).await.expect("a pulled component");
        assert_eq!(pulled.bytes, sent.bytes);
        assert_eq!(pulled.signature, sent.signature);
        assert_eq!(pulled.manifest_digest, digest);
    }
}

#[tokio::test]
async fn the_artifact_has_the_layout_that_other_tools_expect() {
    let registry = RegistryServer::start();
    let reference = at(&registry, "tagger:1");
    oci()
        .push(&reference, parcel(b"\0asm"))
        .await
        .expect("an accepted push");
    let base = format!("http://{}/v2/tagger", registry.address());
    let ask = async |path: String| -> Value {
        let request = reqwest::Client::new()
            .get(format!("{base}/{path}"))
            .header("accept", "application/vnd.oci.image.manifest.v1+json");
        let response = request.send().await.expect("a response");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.expect("JSON")
    };
    let manifest = ask("manifests/1".to_owned()).await;
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.version"], "1.2.0");
    let config = ask(format!(
        "blobs/{}",
        manifest["config"]["digest"].as_str().expect("a digest")
    ))
    .await;
    assert_eq!(config["os"], "wasip2");
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["layerDigests"], json!([manifest["layers"][0]["digest"]]));
    assert_eq!(config["component"]["exports"], json!(["vcon:link/handler@0.1.0"]));
}

#[tokio::test]
async fn missing_and_too_large_components_are_reported_with_the_reference() {
    let registry = RegistryServer::start();
    let reference = at(&registry, "tagger:1");
    let error = oci().pull(&reference, MIB).await.expect_err("a missing component");
    assert!(matches!(error, OciError::NotFound { .. }), "{error:?}");
    assert!(error.to_string().contains(&reference.to_string()), "{error}");
    oci()
        .push(&reference, parcel(&[1; 1000]))
        .await
        .expect("an accepted push");
    let error = oci()
        .pull(&reference, 999)
        .await
        .expect_err("a component that is too large");
    assert!(
        matches!(
            error,
            OciError::TooLarge {
                size: 1000,
                limit: 999,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(oci().pull(&reference, 1000).await.is_ok());
    let other = reference.pinned(&format!("sha256:{}", "a".repeat(64)));
    let error = oci().pull(&other, MIB).await.expect_err("no such digest");
    assert!(matches!(error, OciError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn credentials_are_sent_to_their_own_registry_only() {
    let registry = RegistryServer::with_users();
    let reference = at(&registry, "tagger:1");
    let with = |host: &str, password: &str| {
        Oci::new(OciSettings {
            credentials: Some(Credentials {
                registry: host.to_owned(),
                user: REGISTRY_USER.to_owned(),
                password: password.into(),
            }),
            ..OciSettings::default()
        })
    };
    let here = reference.registry();
    for wrong in [oci(), with(here, "wrong-password"), with("ghcr.io", REGISTRY_PASSWORD)] {
        let error = wrong.push(&reference, parcel(b"x")).await.expect_err("refused");
        assert!(matches!(error, OciError::Refused { .. }), "{error:?}");
        assert!(!error.to_string().contains("wrong-password"), "{error}");
        let error = wrong.pull(&reference, MIB).await.expect_err("refused");
        assert!(matches!(error, OciError::Refused { .. }), "{error:?}");
    }
    let right = with(here, REGISTRY_PASSWORD);
    right.push(&reference, parcel(b"x")).await.expect("an accepted push");
    assert_eq!(
        right.pull(&reference, MIB).await.expect("a pulled component").bytes,
        "x".as_bytes()
    );
}

#[tokio::test]
async fn an_unavailable_registry_is_reported_as_unreachable() {
    let reference: OciReference = format!("127.0.0.1:{}/a:1", free_port()).parse().expect("a reference");
    let error = oci().pull(&reference, MIB).await.expect_err("an unavailable registry");
    assert!(matches!(error, OciError::Unreachable { .. }), "{error:?}");
}

/// Starts a registry that responds with `manifest` to requests for the manifest, and with `blob` to
/// requests for blobs. Returns the reference of its only component.
async fn fake(manifest: Value, blob: fn() -> Body) -> OciReference {
    let router = Router::new()
        .route("/v2/", get(async || "{}"))
        .route(
            "/v2/a/manifests/1",
            get(async move || -> Response {
                let kind = manifest["mediaType"].as_str().unwrap_or_default().to_owned();
                ([(header::CONTENT_TYPE, kind)], manifest.to_string()).into_response()
            }),
        )
        .route("/v2/a/blobs/{digest}", get(async move || blob()));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("127.0.0.1:{port}/a:1").parse().expect("a reference")
}

fn manifest(layers: Value) -> Value {
    let digest = format!("sha256:{}", vconduit_base::names::Digest::of(b"{}"));
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": artifact::CONFIG, "digest": digest, "size": 2},
        "layers": layers,
    })
}

fn layer(of: &[u8]) -> Value {
    let digest = format!("sha256:{}", vconduit_base::names::Digest::of(of));
    json!({"mediaType": "application/wasm", "digest": digest, "size": of.len()})
}

#[tokio::test]
async fn other_images_are_reported_as_no_wasm_artifacts() {
    let tar =
        json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer(b"x")["digest"], "size": 1});
    let index = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []});
    for (manifest, what) in [
        (manifest(json!([tar])), "layer.v1.tar+gzip"),
        (manifest(json!([])), "0 layers"),
        (manifest(json!([layer(b"x"), layer(b"y")])), "2 layers"),
        (index, "index"),
    ] {
        let reference = fake(manifest, Body::empty).await;
        let error = oci().pull(&reference, MIB).await.expect_err("not a component");
        assert!(matches!(error, OciError::NotWasm { .. }), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[tokio::test]
async fn bytes_that_do_not_match_the_digest_are_refused() {
    let reference = fake(manifest(json!([layer(b"right")])), || Body::from("wrong")).await;
    let error = oci().pull(&reference, MIB).await.expect_err("other bytes");
    assert!(matches!(error, OciError::WrongDigest { .. }), "{error:?}");
    let pinned = reference.pinned(&format!("sha256:{}", "b".repeat(64)));
    assert!(oci().pull(&pinned, MIB).await.is_err());
}

#[tokio::test]
async fn an_endless_response_ends_at_the_limit() {
    let endless = || {
        Body::from_stream(futures::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 65536]))
        }))
    };
    let reference = fake(manifest(json!([layer(b"small")])), endless).await;
    let error = oci().pull(&reference, MIB).await.expect_err("a response without end");
    assert!(matches!(error, OciError::TooLarge { .. }), "{error:?}");
}
