//! Commands that use a server, tested with a small server that records requests and sends prepared
//! responses.

mod server;

use std::path::Path;

use clap::Parser as _;
use serde_json::{Value, json};

use super::{CommandOutput, Exit, LinkCommandError, execute};
use crate::link::arguments::LinkArgs;
use server::FakeServer;

const KEY: &str = "hunter2hunter2";
const A: &str = "aaaaaa1111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "aaaaaa2222aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The part of the command line that these tests need.
#[derive(Debug, clap::Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Link(LinkArgs),
}

async fn link(server: &FakeServer, arguments: &[&str]) -> Result<CommandOutput, LinkCommandError> {
    let url = server.url();
    let server_arguments = ["--server", url.as_str(), "--key", KEY];
    let words = ["vconduit", "link"].iter().chain(arguments).chain(&server_arguments);
    let Command::Link(link) = Cli::try_parse_from(words).expect("arguments").command;
    let result = execute(&link.command).await;
    let debug = format!("{link:?} {result:?}");
    assert!(!debug.contains(KEY), "the key is shown: {debug}");
    result
}

fn problem(status: u16) -> Value {
    json!({"type": "urn:vconduit:problem:x", "title": "no such link", "status": status,
        "detail": "there is no \u{1b}[2Jlink greeter", "fix": "upload one"})
}

fn file(folder: &Path, bytes: &[u8]) -> String {
    let path = folder.join("a.wasm");
    std::fs::write(&path, bytes).expect("a file");
    path.to_string_lossy().into_owned()
}

fn uploaded() -> Value {
    json!({"link": "greeter", "name": "greeter", "version": "1.0.0", "summary": "Greets.", "digest": A,
        "size_bytes": 300_000, "functions": 12, "compile_ms": 80, "world": "link", "imports": [], "capabilities": [],
        "needs": {"http": ["a.example"]}, "beyond_grants": [], "options_schema": {}, "defaults": {}, "held": null,
        "active": true, "existed": false})
}

#[tokio::test]
async fn a_push_sends_the_bytes_the_note_and_the_signature() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = vec![7; 300_000];
    let path = file(folder.path(), &bytes);
    std::fs::write(format!("{path}.minisig"), "untrusted comment: x\n").expect("a signature");
    let server = FakeServer::start(vec![(200, uploaded())]).await;
    let output = link(&server, &["push", &path, "greeter", "--activate", "--note", "a & b"])
        .await
        .expect("taken");
    assert_eq!(output.exit, Exit::Done);
    assert!(
        output.text.contains("aaaaaa1111aa") && output.text.ends_with("active"),
        "{}",
        output.text
    );
    let requests = server.requests();
    assert_eq!(
        requests[0].line,
        "POST /admin/v1/links/greeter/versions?activate=true&note=a+%26+b"
    );
    assert_eq!(requests[0].body, bytes);
    assert_eq!(requests[0].header("content-type"), "application/wasm");
    assert_eq!(requests[0].header("content-length"), "300000");
    assert_eq!(requests[0].header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(
        requests[0].header("x-vconduit-signature"),
        "dW50cnVzdGVkIGNvbW1lbnQ6IHgK"
    );
}

#[tokio::test]
async fn a_push_that_is_held_is_done_in_part_and_names_the_next_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), b"x");
    let mut held = uploaded();
    held["held"] = json!("it needs http: b.example");
    held["active"] = json!(false);
    held["beyond_grants"] = json!(["http: b.example"]);
    let server = FakeServer::start(vec![(200, held)]).await;
    let output = link(&server, &["push", &path, "greeter"]).await.expect("taken");
    assert_eq!(output.exit, Exit::InPart);
    assert!(
        output
            .text
            .contains("vconduit link grant greeter --digest aaaaaa1111aa"),
        "{}",
        output.text
    );
    assert!(!server.requests()[0].has("x-vconduit-signature"));
}

#[tokio::test]
async fn a_push_by_reference_has_the_server_fetch_it() {
    let server = FakeServer::start(vec![(200, uploaded())]).await;
    link(&server, &["push", "oci:ghcr.io/acme/greeter:1", "greeter"])
        .await
        .expect("taken");
    let body: Value = serde_json::from_slice(&server.requests()[0].body).expect("JSON");
    assert_eq!(body, json!({"oci": "ghcr.io/acme/greeter:1"}));
}

#[tokio::test]
async fn a_refusal_shows_the_servers_explanation_without_control_characters() {
    let server = FakeServer::start(vec![(404, problem(404)), (404, problem(404))]).await;
    let error = link(&server, &["rollback", "greeter"]).await.expect_err("refused");
    assert_eq!(error.exit(), Exit::Failed);
    let text = error.to_string();
    assert!(
        text.starts_with("no such link: there is no \\u{1b}[2Jlink greeter"),
        "{text}"
    );
    assert!(text.ends_with("help: upload one"), "{text}");
    let error = link(&server, &["rollback", "greeter"]).await.expect_err("refused");
    let output = error.into_output(true);
    assert_eq!(output.json["problem"]["title"], "no such link");
}

#[tokio::test]
async fn a_refused_key_differs_from_an_unexpected_response() {
    let server = FakeServer::start(vec![(401, json!({"detail": "?"})), (502, json!("bad gateway"))]).await;
    let error = link(&server, &["list"]).await.expect_err("refused");
    assert_eq!(error.exit(), Exit::Unavailable);
    assert!(error.to_string().contains("--key-file"), "{error}");
    let error = link(&server, &["list"]).await.expect_err("no vConduit");
    assert!(matches!(error, LinkCommandError::Unexpected { .. }), "{error}");
    assert!(error.to_string().contains("502"), "{error}");
}

#[tokio::test]
async fn links_and_versions_are_listed() {
    let links = json!({"links": [
        {"name": "greeter", "active": A, "versions": 2, "used_by": ["main", "night"], "held": 1},
        {"name": "tag", "active": null, "versions": 0, "used_by": [], "held": 0}]});
    let one = json!({"name": "greeter", "active": A, "configured": false, "past": [B], "used_by": ["main"],
        "grants": {"http": ["a.example"]}, "limits": {}, "options": null, "usage": null, "versions": [
        {"digest": A, "at_ms": 1_700_000_000_000_i64, "by": "ann", "note": "new", "size_bytes": 2048, "held": null, "grants": null},
        {"digest": B, "at_ms": 1_600_000_000_000_i64, "by": "bob", "size_bytes": 1024, "held": "asks for more", "grants": null}]});
    let server = FakeServer::start(vec![(200, links.clone()), (200, one)]).await;
    let output = link(&server, &["list"]).await.expect("listed");
    assert_eq!(output.json, links);
    let lines: Vec<&str> = output.text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", output.text);
    assert!(lines[1].contains("greeter") && lines[1].contains("aaaaaa1111aa") && lines[1].contains("main, night"));
    let output = link(&server, &["list", "greeter"]).await.expect("listed");
    for part in [
        "aaaaaa1111aa is active, used by main",
        "a.example",
        "2023-11-14 22:13:20Z",
        "ann",
        "asks for more",
        "2.00 KiB",
    ] {
        assert!(output.text.contains(part), "{part} is not in:\n{}", output.text);
    }
    assert_eq!(server.lines(), ["GET /admin/v1/links", "GET /admin/v1/links/greeter"]);
}

#[tokio::test]
async fn a_version_is_found_by_first_characters_that_no_other_has() {
    let version = |digest: &str| json!({"digest": digest, "at_ms": 1, "by": "ann", "size_bytes": 1});
    let versions = json!({"active": A, "versions": [version(A), version(B)]});
    let switched = json!({"name": "greeter", "active": B, "previous": A, "revision": 7, "confirmed": ["h1", "h2"], "unconfirmed": []});
    let server = FakeServer::start(vec![
        (200, versions.clone()),
        (200, switched.clone()),
        (200, versions.clone()),
        (200, versions),
        (200, switched),
    ])
    .await;
    let output = link(&server, &["activate", "greeter", "aaaaaa2"])
        .await
        .expect("switched");
    assert_eq!(output.exit, Exit::Done);
    assert!(output.text.contains("confirmed by 2 hosts"), "{}", output.text);
    let many = link(&server, &["activate", "greeter", "aaaaaa"])
        .await
        .expect_err("several");
    assert!(many.to_string().contains(A) && many.to_string().contains(B), "{many}");
    let none = link(&server, &["activate", "greeter", "bbbbbb"])
        .await
        .expect_err("none");
    assert!(none.to_string().contains("link list greeter"), "{none}");
    for text in ["aaaaa", "main", &"a".repeat(65), "aaaaaa/../x"] {
        assert!(
            matches!(
                link(&server, &["activate", "greeter", text]).await,
                Err(LinkCommandError::Input(_))
            ),
            "{text}"
        );
    }
    // A whole digest needs no request for the versions.
    link(&server, &["activate", "greeter", &format!("sha256:{B}")])
        .await
        .expect("switched");
    let activate = format!("POST /admin/v1/links/greeter/versions/{B}/activate");
    let get = "GET /admin/v1/links/greeter/versions".to_owned();
    assert_eq!(
        server.lines(),
        [get.clone(), activate.clone(), get.clone(), get, activate]
    );
}

#[tokio::test]
async fn a_response_of_another_form_is_an_error_and_not_an_empty_list() {
    let server = FakeServer::start(vec![(200, json!({"status": "ok"}))]).await;
    let error = link(&server, &["list"]).await.expect_err("no list of links");
    assert!(matches!(error, LinkCommandError::Unexpected { .. }), "{error}");
    assert!(error.to_string().contains("missing field `links`"), "{error}");
}

#[tokio::test]
async fn a_host_that_did_not_confirm_is_named() {
    let switched = json!({"name": "greeter", "active": A, "previous": null, "revision": 7, "confirmed": ["h1"],
        "unconfirmed": [{"host": "h2", "why": "not by the deadline"}]});
    let server = FakeServer::start(vec![(200, switched)]).await;
    let output = link(&server, &["rollback", "greeter"]).await.expect("switched");
    assert_eq!(output.exit, Exit::InPart);
    assert!(
        output.text.contains("not confirmed by h2: not by the deadline"),
        "{}",
        output.text
    );
    assert_eq!(server.lines(), ["POST /admin/v1/links/greeter/rollback"]);
}

#[tokio::test]
async fn grants_are_checked_before_they_are_sent() {
    let granted = json!({"name": "greeter", "digest": A, "grants": {}, "confirmed": ["h1"], "unconfirmed": []});
    let server = FakeServer::start(vec![(200, granted.clone()), (200, granted)]).await;
    let wrong: [&[&str]; 3] = [&["--http", "127.0.0.1"], &["--grants", "{\"htp\": []}"], &[]];
    for arguments in wrong {
        let all: Vec<&str> = ["grant", "greeter"].iter().chain(arguments).copied().collect();
        assert!(
            matches!(link(&server, &all).await, Err(LinkCommandError::Input(_))),
            "{arguments:?}"
        );
    }
    assert!(server.requests().is_empty(), "a mistake reached the server");
    let all = [
        "--http",
        "a.example",
        "--private-http",
        "10.0.0.5:9000",
        "--secret",
        "KEY",
        "--queue",
        "calls_*",
        "--vcons",
        "read,create",
    ];
    link(&server, &[&["grant", "greeter", "--digest", A], &all[..]].concat())
        .await
        .expect("granted");
    link(&server, &["grant", "greeter", "--nothing"])
        .await
        .expect("granted");
    let bodies: Vec<Value> = server
        .requests()
        .iter()
        .map(|request| serde_json::from_slice(&request.body).expect("JSON"))
        .collect();
    let grants = json!({"http": ["a.example", {"host": "10.0.0.5:9000", "private": true}], "secrets": ["KEY"], "queues": ["calls_*"], "vcons": ["read", "create"]});
    assert_eq!(bodies, [json!({"digest": A, "grants": grants}), json!({"grants": {}})]);
    assert_eq!(server.lines()[0], "PUT /admin/v1/links/greeter/grants");
}

#[tokio::test]
async fn a_name_can_not_lead_to_another_path() {
    let server = FakeServer::start(vec![(404, problem(404))]).await;
    let _ = link(&server, &["list", "../hosts?x#y"]).await;
    assert_eq!(server.lines(), ["GET /admin/v1/links/..%2Fhosts%3Fx%23y"]);
}
