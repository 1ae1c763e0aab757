//! Bad input and faults: each is named in a record or the log, no vCon is lost, and no fault stops
//! other vCons.

use std::path::{Path, PathBuf};

use vconduit_harness::{Host, Receiver, RedisServer, SOON, eventually, samples};

const CONFIG: &str = r"
links:
  tag: {module: links.tag, options: {tags: [seen]}}
  slow: {module: links.delay, options: {seconds: 1}}
  trim: {module: links.diet, options: {remove_dialog_body: true}}
  never: {module: links.delay, options: {seconds: 60}, limits: {wall_ms: 300}}
  bad_filter: {module: links.sampler, options: {method: none}}
chains:
  main: {links: [tag], ingress_lists: [in], egress_lists: [out]}
  slow: {links: [tag, slow, tag], ingress_lists: [slow], egress_lists: [slow_out]}
  trim: {links: [tag, trim, slow], ingress_lists: [trim], egress_lists: [trim_out]}
  never: {links: [never], ingress_lists: [never], egress_lists: [out]}
  late: {links: [slow, slow], ingress_lists: [late], timeout: 0.5, egress_lists: [out]}
  failing: {links: [bad_filter], ingress_lists: [failing], egress_lists: [out]}
  forgiving: {links: [bad_filter, tag], ingress_lists: [forgiving], on_error: continue, egress_lists: [forgiven]}
  idle: {links: [tag], ingress_lists: [idle], enabled: 0, egress_lists: [out]}
";

/// The body of a tags attachment after two runs of the link `tag`.
const TAGGED_TWICE: &str = r#"["seen:seen", "seen:seen"]"#;

/// Waits until the link `tag` has run for the first time: the run has the document and is in the
/// next link.
async fn until_tagged(host: &Host) {
    let ran = r#"conserver_link_count_total{link_name="tag",outcome="success"} 1"#;
    eventually("the link tag has run", SOON, async || {
        host.get("/metrics").await.1.contains(ran).then_some(())
    })
    .await;
}

/// Posts to a list whose chain fails, on a host of its own, and checks that the log contains these
/// words.
async fn fails_with_a_log_of(list: &str, words: &str) {
    let host = Host::with(CONFIG).start().await;
    fails_on(&host, list).await;
    let log = host.log();
    assert!(log.contains(words), "the log does not contain `{words}`:\n{log}");
}

/// Posts a vCon to a list whose chain fails, and waits for the dead letter.
async fn fails_on(host: &Host, list: &str) -> (String, String) {
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, list).await;
    host.until_dead_letter(list, &id).await;
    (id, text)
}

#[tokio::test]
async fn garbage_on_a_list_is_set_aside_and_does_not_stop_what_follows() {
    let redis = RedisServer::start();
    let host = Host::with(CONFIG).redis(&redis).start().await;
    for garbage in [b"".as_slice(), b"\x00\x01\xff", b"a\nb", &[b'x'; 4000]] {
        redis.push("in", garbage);
    }
    redis.push("in", "0190c1f2-0000-8000-8000-00000000dead");
    host.post_vcon(&samples::calls()[0], "in").await;
    host.until_depth("out", 1).await;
    let dead: Vec<Vec<u8>> = redis::Commands::lrange(&mut redis.connect(), "DLQ:in", 0, -1).expect("LRANGE");
    assert_eq!(
        dead.len(),
        5,
        "the garbage and the unknown id are not in the dead letters: {dead:?}"
    );
}

/// A third party uses the name of the egress list for something else. Once, this caused a hot loop.
#[tokio::test]
async fn a_run_that_the_store_refuses_to_end_is_a_dead_letter_with_the_words_of_the_store() {
    let redis = RedisServer::start();
    let host = Host::with(CONFIG).redis(&redis).start().await;
    let _: () = redis::Commands::set(&mut redis.connect(), "out", "a text").expect("SET");
    let (id, _) = fails_on(&host, "in").await;
    let letters = host.admin_ok("GET", "/dlq/in", None).await;
    let record = &letters["dead_letters"][0]["record"];
    assert_eq!(record["class"], "store", "{letters}");
    let message = record["message"].as_str().unwrap_or_default();
    assert!(
        message.contains(r#"the key "out" holds a string, not a list"#),
        "{message}"
    );
    let vcon = host.vcon(&id).await.expect("the vCon");
    assert!(
        samples::tags_of(&vcon).is_empty(),
        "a part of the refused step was done"
    );
}

const TWO_CHAINS: &str = r"
links:
  tag: {module: links.tag, options: {tags: [seen]}}
  slow: {module: links.delay, options: {seconds: 1}}
storages:
  files: {module: storage.file, options: {path: ./stored}}
chains:
  reads: {links: [slow], ingress_lists: [a], storages: [files], egress_lists: [out]}
  tags: {links: [tag], ingress_lists: [b], storages: [files], egress_lists: [out]}
";

/// Returns the path of the copy of a vCon below a folder of the storage `storage.file`.
pub(super) fn copy_in(folder: &Path, id: &str) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(folder).expect("a folder of copies").flatten();
    entries.find_map(|entry| match entry.path() {
        path if path.is_dir() => copy_in(&path, id),
        path => path.to_string_lossy().contains(id).then_some(path),
    })
}

/// The slower chain changes nothing and saves last. It has to save what the other one has written.
#[tokio::test]
async fn a_storage_keeps_what_another_chain_has_written_during_a_run() {
    for redis in [None, Some(RedisServer::start())] {
        let host = Host::with(TWO_CHAINS).on(redis.as_ref()).start().await;
        let (id, text) = samples::many(1).remove(0);
        let (status, _) = host.post("/vcon?ingress_lists=a&ingress_lists=b", text).await;
        assert_eq!(status, 201);
        host.until_depth("out", 2).await;
        let copy = copy_in(&host.folder().join("data/stored"), &id).expect("a copy in the storage");
        let copy = std::fs::read_to_string(copy).expect("the copy");
        let copy: serde_json::Value = serde_json::from_str(&copy).expect("JSON");
        assert_eq!(samples::tags_of(&copy), [r#"["seen:seen"]"#], "the tag is lost");
    }
}

#[tokio::test]
async fn a_damaged_document_goes_to_the_dead_letters_with_the_reason() {
    let redis = RedisServer::start();
    let host = Host::with(CONFIG).redis(&redis).start().await;
    let id = "0190c1f2-0000-8000-8000-00000000beef";
    let _: () = redis::Commands::set(&mut redis.connect(), format!("vcon:{id}"), "{\"uuid\": nonsense").expect("SET");
    redis.push("in", id);
    host.until_dead_letter("in", id).await;
    let log = host.log();
    assert!(
        log.contains("damaged") && log.contains(id),
        "the log does not say what is wrong:\n{log}"
    );
}

#[tokio::test]
async fn a_vcon_deleted_during_its_run_stays_deleted() {
    let host = Host::with(CONFIG).start().await;
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "slow").await;
    until_tagged(&host).await;
    host.delete_vcon(&id).await;
    host.until_idle("slow").await;
    assert!(host.vcon(&id).await.is_none(), "the run brought a deleted vCon back");
    assert_eq!(host.depth("slow_out").await, 0, "a deleted vCon was sent on");
}

#[tokio::test]
async fn a_vcon_changed_by_rest_during_its_run_keeps_both_changes() {
    for redis in [None, Some(RedisServer::start())] {
        let host = Host::with(CONFIG).on(redis.as_ref()).start().await;
        let (id, text) = samples::many(1).remove(0);
        host.post_vcon(&text, "slow").await;
        until_tagged(&host).await;
        let mut changed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        changed["subject"] = "changed meanwhile".into();
        let (status, _) = host.post("/vcon", changed.to_string()).await;
        assert_eq!(status, 201);
        host.until_depth("slow_out", 1).await;
        let vcon = host.vcon(&id).await.expect("the vCon");
        assert_eq!(vcon["subject"], "changed meanwhile", "the change by REST is lost");
        assert_eq!(samples::tags_of(&vcon), [TAGGED_TWICE], "the edits of the run are lost");
    }
}

/// The link has edited the only dialog by its index, and meanwhile another one comes before it.
#[tokio::test]
async fn edits_by_index_are_made_again_where_others_have_moved_the_elements() {
    for redis in [None, Some(RedisServer::start())] {
        let host = Host::with(CONFIG).on(redis.as_ref()).start().await;
        let (id, text) = samples::said("the first", None);
        host.post_vcon(&text, "trim").await;
        until_tagged(&host).await;
        let mut changed: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mut other = changed["dialog"][0].clone();
        other["body"] = "the one that came before it".into();
        changed["dialog"].as_array_mut().expect("dialogs").insert(0, other);
        let (status, body) = host.post("/vcon", changed.to_string()).await;
        assert_eq!(status, 201, "{body}");
        host.until_depth("trim_out", 1).await;
        let vcon = host.vcon(&id).await.expect("the vCon");
        let bodies: Vec<&serde_json::Value> = (0..2).map(|i| &vcon["dialog"][i]["body"]).collect();
        assert!(
            bodies.iter().all(|body| body.as_str().unwrap_or_default().is_empty()),
            "a dialog was not trimmed, or the wrong one: {bodies:?}"
        );
        assert_eq!(
            samples::tags_of(&vcon),
            [r#"["seen:seen"]"#],
            "the links did not run once on the newer vCon"
        );
    }
}

#[tokio::test]
async fn the_same_id_twice_on_a_list_is_worked_on_twice_and_comes_out_twice() {
    let host = Host::with(CONFIG).start().await;
    let (id, text) = samples::many(1).remove(0);
    let (status, _) = host.post("/vcon?ingress_lists=in&ingress_lists=in", text).await;
    assert_eq!(status, 201);
    host.until_depth("out", 2).await;
    let vcon = host.vcon(&id).await.expect("the vCon");
    assert_eq!(samples::tags_of(&vcon), [TAGGED_TWICE], "one run undid the other");
}

#[tokio::test]
async fn a_link_that_takes_too_long_fails_with_the_limit_and_the_key_that_raises_it() {
    fails_with_a_log_of("never", "wall_ms").await;
}

#[tokio::test]
async fn a_chain_timeout_is_enforced() {
    fails_with_a_log_of("late", "timeout").await;
}

#[tokio::test]
async fn on_error_decides_the_end_of_a_failing_link() {
    let host = Host::with(CONFIG).start().await;
    let (id, text) = fails_on(&host, "failing").await;
    assert!(
        host.log().contains("Unknown sampling method: none"),
        "the log does not hold the link's message:\n{}",
        host.log()
    );
    host.post_vcon(&text, "forgiving").await;
    host.until_depth("forgiven", 1).await;
    let vcon = host.vcon(&id).await.expect("the vCon");
    assert!(
        vcon.to_string().contains("seen:seen"),
        "the link after the failed one did not run"
    );
}

#[tokio::test]
async fn dead_letters_can_be_worked_on_again() {
    let host = Host::with(CONFIG).start().await;
    let (id, _) = fails_on(&host, "failing").await;
    let (status, moved) = host.post("/dlq/reprocess?ingress_list=failing", "").await;
    assert_eq!((status, moved.as_str()), (200, "1"));
    host.until_dead_letter("failing", &id).await;
}

#[tokio::test]
async fn a_chain_that_is_not_enabled_leaves_its_list_alone() {
    let host = Host::with(CONFIG).start().await;
    host.post_vcon(&samples::calls()[0], "idle").await;
    host.post_vcon(&samples::calls()[1], "in").await;
    host.until_depth("out", 1).await;
    assert_eq!(host.depth("idle").await, 1);
}

#[tokio::test]
async fn an_unavailable_storage_delays_no_other_and_gets_a_dead_letter() {
    let config = r"
storages:
  away: {module: storage.redis_storage, options: {redis_url: 'redis://127.0.0.1:1'}}
  files: {module: storage.file, options: {path: ./stored}}
chains:
  main: {links: [], ingress_lists: [in], storages: [away, files], egress_lists: [out]}
";
    let host = Host::with(config).start().await;
    let (id, text) = samples::many(1).remove(0);
    host.post_vcon(&text, "in").await;
    host.until_depth("out", 1).await;
    assert_eq!(host.dead_letters("storage:away").await, [id]);
    assert!(host.dead_letters("in").await.is_empty());
}

/// The first request is that of the run, the second that of a retry.
#[tokio::test]
async fn a_vcon_that_a_storage_refused_is_saved_by_itself_once_the_storage_works() {
    let redis = RedisServer::start();
    for server in [None, Some(&redis)] {
        let receiver = Receiver::start().await;
        receiver.answer(400, "{}");
        receiver.answer(400, "{}");
        let config = format!(
            r#"
storages:
  hook: {{module: storage.webhook, options: {{webhook-urls: ["{}/hook"]}}}}
chains:
  main: {{links: [], ingress_lists: [in], storages: [hook], egress_lists: [out]}}
"#,
            receiver.url()
        );
        let host = Host::with(config)
            .on(server)
            .env("VCONDUIT_STORAGE_RETRY_S", "1")
            .start()
            .await;
        let (id, text) = samples::many(1).remove(0);
        host.post_vcon(&text, "in").await;
        eventually("the dead letter is saved", SOON, async || {
            let metrics = host.get("/metrics").await.1;
            let line = r#"vconduit_storage_replayed_total{backend="hook"} 1"#;
            metrics.contains(line).then_some(())
        })
        .await;
        assert!(host.dead_letters("storage:hook").await.is_empty());
        let received = receiver.received();
        assert_eq!(received.len(), 3, "saved more than once, or before the storage worked");
        assert!(String::from_utf8_lossy(&received[2].body).contains(&id));
    }
}

#[tokio::test]
async fn a_service_that_refuses_makes_a_dead_letter_and_none_is_called_twice() {
    let receiver = Receiver::start().await;
    let config = format!(
        r#"
links:
  hook: {{module: links.webhook, options: {{webhook-urls: ["{}/hook", "http://127.0.0.1:1/refused"]}}}}
chains:
  main: {{links: [hook], ingress_lists: [in], egress_lists: [out]}}
"#,
        receiver.url()
    );
    let host = Host::with(config).start().await;
    fails_on(&host, "in").await;
    assert!(
        host.log().contains("refused"),
        "the log does not say what the service did:\n{}",
        host.log()
    );
    assert_eq!(
        receiver.received().len(),
        1,
        "a service that had taken the vCon was called again"
    );
}

#[tokio::test]
async fn a_configuration_with_an_unknown_link_is_refused_with_its_line() {
    let config = "chains:\n  main:\n    links: [tga]\n    ingress_lists: [in]\nlinks:\n  tag: {module: links.tag}\n";
    let mut host = Host::with(config).spawn();
    eventually("the host has ended", SOON, async || {
        host.log().contains("tga").then_some(())
    })
    .await;
    let log = host.log();
    assert!(
        log.contains(":3:") && log.contains("tag"),
        "neither the line nor the nearest name is said:\n{log}"
    );
    host.kill();
}
