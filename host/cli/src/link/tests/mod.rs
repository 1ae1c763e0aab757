//! The commands that ask a server, against a small one that notes what it is asked and answers as told.

mod server;

use std::path::Path;

use clap::Parser as _;
use serde_json::{Value, json};

use super::{Answer, Exit, LinkError, execute};
use crate::link::arguments::Link;
use server::FakeServer;

const KEY: &str = "hunter2hunter2";
const A: &str = "aaaaaa1111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "aaaaaa2222aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The command line as far as these tests need it.
#[derive(Debug, clap::Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Link(Link),
}

async fn link(server: &FakeServer, arguments: &[&str]) -> Result<Answer, LinkError> {
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
    json!({"name": "greeter", "digest": A, "size_bytes": 300_000, "compile_ms": 80, "world": "link", "imports": [],
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
    let answer = link(&server, &["push", &path, "greeter", "--activate", "--note", "a & b"])
        .await
        .expect("taken");
    assert_eq!(answer.exit, Exit::Done);
    assert!(
        answer.text.contains("aaaaaa1111aa") && answer.text.ends_with("active"),
        "{}",
        answer.text
    );
    let asked = server.asked();
    assert_eq!(
        asked[0].line,
        "POST /admin/v1/links/greeter/versions?activate=true&note=a+%26+b"
    );
    assert_eq!(asked[0].body, bytes);
    assert_eq!(asked[0].header("content-type"), "application/wasm");
    assert_eq!(asked[0].header("content-length"), "300000");
    assert_eq!(asked[0].header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(asked[0].header("x-vconduit-signature"), "dW50cnVzdGVkIGNvbW1lbnQ6IHgK");
}

#[tokio::test]
async fn a_push_that_is_held_ends_in_part_and_says_the_next_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), b"x");
    let mut held = uploaded();
    held["held"] = json!("it needs http: b.example");
    held["active"] = json!(false);
    held["beyond_grants"] = json!(["http: b.example"]);
    let server = FakeServer::start(vec![(200, held)]).await;
    let answer = link(&server, &["push", &path, "greeter"]).await.expect("taken");
    assert_eq!(answer.exit, Exit::InPart);
    assert!(
        answer
            .text
            .contains("vconduit link grant greeter --digest aaaaaa1111aa"),
        "{}",
        answer.text
    );
    assert!(!server.asked()[0].has("x-vconduit-signature"));
}

#[tokio::test]
async fn a_push_by_reference_has_the_server_fetch_it() {
    let server = FakeServer::start(vec![(200, uploaded())]).await;
    link(&server, &["push", "oci:ghcr.io/acme/greeter:1", "greeter"])
        .await
        .expect("taken");
    let body: Value = serde_json::from_slice(&server.asked()[0].body).expect("JSON");
    assert_eq!(body, json!({"oci": "ghcr.io/acme/greeter:1"}));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words_without_control_characters() {
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
    let answer = error.into_answer(true);
    assert_eq!(answer.json["problem"]["title"], "no such link");
}

#[tokio::test]
async fn a_key_that_does_not_count_is_told_apart() {
    let server = FakeServer::start(vec![(401, json!({"detail": "?"})), (502, json!("bad gateway"))]).await;
    let error = link(&server, &["list"]).await.expect_err("refused");
    assert_eq!(error.exit(), Exit::Away);
    assert!(error.to_string().contains("--key-file"), "{error}");
    let error = link(&server, &["list"]).await.expect_err("no vConduit");
    assert!(matches!(error, LinkError::Unexpected { .. }), "{error}");
    assert!(error.to_string().contains("502"), "{error}");
}

#[tokio::test]
async fn links_and_versions_are_listed() {
    let links = json!({"links": [
        {"name": "greeter", "active": A, "versions": 2, "used_by": ["main", "night"], "held": 1},
        {"name": "tag", "active": null, "versions": 0, "used_by": [], "held": 0}]});
    let one = json!({"name": "greeter", "active": A, "configured": null, "past": [B], "used_by": ["main"],
        "grants": {"http": ["a.example"]}, "limits": {}, "options": null, "usage": null, "versions": [
        {"digest": A, "at_ms": 1_700_000_000_000_i64, "by": "ann", "note": "new", "size_bytes": 2048, "held": null, "grants": null},
        {"digest": B, "at_ms": 1_600_000_000_000_i64, "by": "bob", "note": null, "size_bytes": 1024, "held": "asks for more", "grants": null}]});
    let server = FakeServer::start(vec![(200, links.clone()), (200, one)]).await;
    let answer = link(&server, &["list"]).await.expect("listed");
    assert_eq!(answer.json, links);
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", answer.text);
    assert!(lines[1].contains("greeter") && lines[1].contains("aaaaaa1111aa") && lines[1].contains("main, night"));
    let answer = link(&server, &["list", "greeter"]).await.expect("listed");
    for part in [
        "aaaaaa1111aa is active, used by main",
        "a.example",
        "2023-11-14 22:13:20Z",
        "ann",
        "asks for more",
        "2.00 KiB",
    ] {
        assert!(answer.text.contains(part), "{part} is not in:\n{}", answer.text);
    }
    assert_eq!(server.lines(), ["GET /admin/v1/links", "GET /admin/v1/links/greeter"]);
}

#[tokio::test]
async fn a_version_is_meant_by_a_beginning_that_no_other_has() {
    let versions = json!({"versions": [{"digest": A}, {"digest": B}]});
    let switched = json!({"name": "greeter", "active": B, "previous": A, "revision": 7, "confirmed": ["h1", "h2"], "unconfirmed": []});
    let server = FakeServer::start(vec![
        (200, versions.clone()),
        (200, switched.clone()),
        (200, versions.clone()),
        (200, versions),
        (200, switched),
    ])
    .await;
    let answer = link(&server, &["activate", "greeter", "aaaaaa2"])
        .await
        .expect("switched");
    assert_eq!(answer.exit, Exit::Done);
    assert!(answer.text.contains("confirmed by 2 hosts"), "{}", answer.text);
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
                Err(LinkError::Given(_))
            ),
            "{text}"
        );
    }
    // A whole digest needs no question.
    link(&server, &["activate", "greeter", &format!("sha256:{B}")])
        .await
        .expect("switched");
    let activate = format!("POST /admin/v1/links/greeter/versions/{B}/activate");
    let get = "GET /admin/v1/links/greeter".to_owned();
    assert_eq!(
        server.lines(),
        [get.clone(), activate.clone(), get.clone(), get, activate]
    );
}

#[tokio::test]
async fn a_host_that_did_not_confirm_is_named() {
    let switched = json!({"name": "greeter", "active": A, "previous": null, "revision": 7, "confirmed": ["h1"],
        "unconfirmed": [{"host": "h2", "why": "not by the deadline"}]});
    let server = FakeServer::start(vec![(200, switched)]).await;
    let answer = link(&server, &["rollback", "greeter"]).await.expect("switched");
    assert_eq!(answer.exit, Exit::InPart);
    assert!(
        answer.text.contains("not confirmed by h2: not by the deadline"),
        "{}",
        answer.text
    );
    assert_eq!(server.lines(), ["POST /admin/v1/links/greeter/rollback"]);
}

#[tokio::test]
async fn grants_are_checked_before_they_are_sent() {
    let server = FakeServer::start(vec![(200, json!({})), (200, json!({})), (200, json!({}))]).await;
    let wrong: [&[&str]; 3] = [&["--http", "127.0.0.1"], &["--grants", "{\"htp\": []}"], &[]];
    for arguments in wrong {
        let all: Vec<&str> = ["grant", "greeter"].iter().chain(arguments).copied().collect();
        assert!(
            matches!(link(&server, &all).await, Err(LinkError::Given(_))),
            "{arguments:?}"
        );
    }
    assert!(server.asked().is_empty(), "a mistake reached the server");
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
        .asked()
        .iter()
        .map(|asked| serde_json::from_slice(&asked.body).expect("JSON"))
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
