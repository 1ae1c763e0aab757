//! Tests with standard links, as they are built into the host.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::support::{call, sandbox};
use crate::{Compiled, Outcome, World};
use vconduit_base::Secrets;
use vconduit_base::names::SecretName;
use vconduit_policy::Grants;
use vconduit_policy::grants::HostGrant;

async fn standard(name: &str) -> Arc<Compiled> {
    let link = vconduit_standard_links::standard()
        .find(|link| link.name == name)
        .unwrap_or_else(|| panic!("there is no standard link {name}"));
    sandbox().compile(link.bytes).await.unwrap()
}

#[tokio::test]
async fn tag_adds_its_tags_as_edits() {
    let tag = standard("tag").await;
    assert_eq!((tag.world, tag.description().name.as_str()), (World::Link, "tag"));
    let mut call = call(&tag);
    call.options = r#"{"tags":["a","b"]}"#.into();
    let report = sandbox().call(call).await;
    assert_eq!(report.result, Ok(Outcome::Next), "{:?}", report.log);
    assert_eq!(report.document.unwrap().tags().unwrap(), ["a:a", "b:b"]);
    assert!(!report.edits.is_empty());
}

#[tokio::test]
async fn options_that_do_not_fit_are_a_failure_that_the_link_reports() {
    let tag = standard("tag").await;
    let mut call = call(&tag);
    call.options = r#"{"tags":5}"#.into();
    let report = sandbox().call(call).await;
    assert_eq!(report.result.unwrap_err().class(), "options");
}

#[tokio::test]
async fn a_component_that_failed_has_low_priority_until_a_call_succeeds() {
    let tag = standard("tag").await;
    for (options, low_priority) in [(r#"{"tags":5}"#, true), (r#"{"tags":["a"]}"#, false)] {
        let mut call = call(&tag);
        call.options = options.into();
        sandbox().call(call).await;
        assert_eq!(tag.low_priority.load(Ordering::Relaxed), low_priority, "{options}");
    }
}

/// Starts a server for one request. Returns its port and a receiver of that request.
async fn server() -> (u16, tokio::sync::oneshot::Receiver<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !request.ends_with('}') && !request.ends_with("0\r\n\r\n") {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            request.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        stream
            .write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok")
            .await
            .unwrap();
        let _ = sender.send(request);
    });
    (port, receiver)
}

#[tokio::test]
async fn a_link_posts_to_a_granted_host_with_a_secret_that_it_never_sees() {
    let webhook = standard("webhook").await;
    let (port, received) = server().await;
    let mut call = call(&webhook);
    call.options = format!(
        r#"{{"webhook-urls":["http://127.0.0.1:{port}/in"],"headers":{{"authorization":"Bearer {{{{secret:KEY}}}}"}}}}"#
    )
    .into();
    let mut secrets = Secrets::default();
    secrets.insert("KEY", "s3cr3t").unwrap();
    call.context.secrets = Arc::new(secrets);
    call.context.grants = Arc::new(Grants {
        http: vec![HostGrant {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            private: true,
        }],
        secrets: vec![SecretName::new("KEY").unwrap()],
        ..Grants::default()
    });
    let report = sandbox().call(call).await;
    assert_eq!(report.result, Ok(Outcome::Next), "{:?}", report.log);
    assert!(report.reached_outside);
    assert_eq!(report.usage.requests, 1);
    let request = received.await.unwrap();
    assert!(
        request.starts_with("POST /in HTTP/1.1\r\n") && request.contains("authorization: Bearer s3cr3t\r\n"),
        "{request}"
    );
    assert!(request.contains(super::support::UUID), "{request}");
    assert!(!format!("{report:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn a_link_that_calls_a_host_without_a_grant_fails_and_the_log_names_the_missing_grant() {
    let webhook = standard("webhook").await;
    let mut call = call(&webhook);
    call.options = r#"{"webhook-urls":["https://evil.example/"]}"#.into();
    let report = sandbox().call(call).await;
    assert!(
        super::support::error(&report).contains("not granted"),
        "{:?}",
        report.result
    );
    assert!(
        super::support::lines(&report)
            .iter()
            .any(|line| line.contains("add `http: [\"evil.example\"]`")),
        "{:?}",
        report.log
    );
    assert!(!report.reached_outside);
}

#[tokio::test]
async fn a_request_to_a_server_that_never_responds_ends_at_the_wall_clock_limit() {
    let webhook = standard("webhook").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut call = call(&webhook);
    call.options = format!(r#"{{"webhook-urls":["http://127.0.0.1:{port}/"]}}"#).into();
    call.context.grants = Arc::new(Grants {
        http: vec![HostGrant {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            private: true,
        }],
        ..Grants::default()
    });
    call.context.limits.wall = std::time::Duration::from_millis(200);
    let begun = std::time::Instant::now();
    let report = sandbox().call(call).await;
    assert!(
        report.result.is_err() && begun.elapsed() < std::time::Duration::from_secs(2),
        "{:?}",
        report.result
    );
    assert!(report.reached_outside);
    drop(listener);
}
