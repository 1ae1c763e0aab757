//! Changes of the configuration, in the file or the store: running hosts activate them and lose no
//! vCon.

use std::cell::Cell;

use vconduit_harness::{Host, RedisServer, SOON, eventually, samples};

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
        let newest = revisions.iter().max().copied();
        newest.filter(|_| revisions.len() == hosts)
    })
    .await;
    std::fs::write(host.folder().join("vconduit.yml"), text).expect("the file");
    let posted = Cell::new(0);
    eventually("all hosts run the new configuration", SOON, async || {
        host.post_vcon(&samples::many(1).remove(0).1, "in").await;
        posted.set(posted.get() + 1);
        let now = host.revisions().await;
        let is_new = now.len() == hosts && now.iter().all(|revision| *revision > before);
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
