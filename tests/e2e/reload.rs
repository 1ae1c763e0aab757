//! Changes of the configuration, in the file or the store: running hosts activate them and lose no
//! vCon.

use std::cell::Cell;

use vconduit_harness::{Host, RedisServer, SOON, eventually, samples};
use vconduit_standard_links::standard;

fn config(tag: &str) -> String {
    format!(
        "links:\n  tag: {{module: links.tag, options: {{tags: [{tag}]}}}}\nchains:\n  main: {{links: [tag], ingress_lists: [in], egress_lists: [out]}}\n"
    )
}

async fn tagged_with(host: &Host, tag: &str) -> bool {
    let (id, text) = samples::many(1).remove(0);
    let before = host.depth("out").await;
    host.post_vcon(&text, "in").await;
    eventually("the vCon comes out", SOON, async || {
        (host.depth("out").await > before).then_some(())
    })
    .await;
    host.vcon(&id)
        .await
        .is_some_and(|vcon| vcon.to_string().contains(&format!("{tag}:{tag}")))
}

/// Writes a valid configuration, and posts vCons until this number of hosts uses it. Returns the
/// number of vCons.
async fn change(host: &Host, hosts: usize, text: String) -> u64 {
    let before = eventually("all hosts have said what they run", SOON, async || {
        let revisions = host.revisions().await;
        (revisions.len() == hosts).then_some(revisions)
    })
    .await;
    std::fs::write(host.folder().join("vconduit.yml"), text).expect("the file");
    let posted = Cell::new(0);
    eventually("all hosts run the new configuration", SOON, async || {
        host.post_vcon(&samples::many(1).remove(0).1, "in").await;
        posted.set(posted.get() + 1);
        let now = host.revisions().await;
        let is_new = now.len() == hosts && now.iter().all(|revision| !before.contains(revision));
        is_new.then_some(posted.get())
    })
    .await
}

#[tokio::test]
async fn a_changed_file_is_activated_on_every_host_and_a_broken_one_is_not() {
    let redis = RedisServer::start();
    let first = Host::with(config("one")).redis(&redis).start().await;
    let second = Host::with(config("one")).redis(&redis).start().await;
    assert!(tagged_with(&first, "one").await, "the first configuration does not run");
    let posted = change(&first, 2, config("two")).await;
    first.until_depth("out", posted + 1).await;
    for _ in 0..6 {
        assert!(tagged_with(&second, "two").await, "a vCon was still tagged the old way");
    }
    let broken = "chains: {main: {links: [nowhere], ingress_lists: [in]}}\n";
    std::fs::write(first.folder().join("vconduit.yml"), broken).expect("the file");
    eventually("the broken file is complained about", SOON, async || {
        first.log().contains("nowhere").then_some(())
    })
    .await;
    assert!(tagged_with(&second, "two").await, "a broken file replaced a good one");
}

#[tokio::test]
async fn nothing_is_dropped_while_the_configuration_changes() {
    let host = Host::with(config("a")).start().await;
    let mut posted = 0;
    for tag in ["b", "c", "d", "e"] {
        posted += change(&host, 1, config(tag)).await;
    }
    assert!(posted >= 4, "nothing was posted while the configuration changed");
    host.until_depth("out", posted).await;
    assert!(
        host.dead_letters("in").await.is_empty(),
        "a change of the configuration failed a vCon"
    );
}

/// A pod with an old file restarts while a newer file is rolled out.
#[tokio::test]
async fn a_host_that_starts_with_an_old_file_leaves_the_newer_one_in_force_and_says_so() {
    let redis = RedisServer::start();
    let start = |tag: &str| Host::with(config(tag)).redis(&redis).start();
    let (mut old, new) = (start("one").await, start("two").await);
    old.terminate().await;
    let again = start("one").await;
    for host in [&new, &again] {
        assert!(tagged_with(host, "two").await, "the old file is in force");
    }
    let log = again.log();
    let warning = "was taken before, and a newer file after it";
    assert_eq!(log.matches(warning).count(), 1, "not one warning:\n{log}");
    assert!(!new.log().contains(warning));
}

/// Returns the active version of the link `later`, and all its versions with what they are granted.
async fn versions(host: &Host) -> serde_json::Value {
    let link = host.admin_ok("GET", "/links/later", None).await;
    assert!(link["running"].is_string(), "no version runs: {link}");
    let versions = host.admin_ok("GET", "/links/later/versions", None).await;
    serde_json::json!([link["active"], link["running"], versions])
}

#[tokio::test]
async fn a_redis_that_was_emptied_gets_the_configuration_and_the_versions_of_links_back() {
    let redis = RedisServer::start();
    let host = Host::with(config("one")).redis(&redis).start().await;
    let component = standard().find(|link| link.name == "delay").expect("a standard link");
    let (status, uploaded) = host.upload("later", component.bytes.to_vec(), "activate=true").await;
    assert_eq!(status, 200, "{uploaded}");
    let before = versions(&host).await;
    let revisions = host.revisions().await;
    let _: () = redis::Commands::flushall(&mut redis.connect()).expect("FLUSHALL");
    eventually("the configuration is there again", SOON, async || {
        let now = host.revisions().await;
        (now.len() == 1 && now != revisions).then_some(())
    })
    .await;
    let (status, _) = host.admin("GET", "/chains/main", None).await;
    assert_eq!(status, 200, "the chain is lost");
    assert_eq!(versions(&host).await, before);
    let log = host.log();
    assert!(
        log.contains("has lost its copy of the configuration"),
        "nothing is said:\n{log}"
    );
    // The hash of a component is stored last, after its parts.
    eventually("the component is there again", SOON, async || {
        let keys: Vec<String> = redis::Commands::keys(&mut redis.connect(), "vconduit:component:*").expect("KEYS");
        keys.iter().any(|key| key.ends_with('}')).then_some(())
    })
    .await;
    // A host that starts now has to find the component too.
    let second = Host::with(config("one")).redis(&redis).start().await;
    assert_eq!(versions(&second).await, before);
    assert!(tagged_with(&second, "one").await, "the chain does not run");
}
