//! Change the file or the store's copy, and running hosts take it within 2 s without dropping work.

use std::time::Duration;

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

#[tokio::test]
async fn a_changed_file_is_taken_on_every_host_and_a_broken_one_is_not() {
    let redis = RedisServer::start();
    let first = Host::with(config("one")).redis(&redis).start().await;
    let second = Host::with(config("one")).redis(&redis).start().await;
    assert!(tagged_with(&first, "one").await);
    std::fs::write(first.folder().join("vconduit.yml"), config("two")).expect("the file");
    tokio::time::sleep(Duration::from_secs(2)).await;
    for _ in 0..6 {
        assert!(
            tagged_with(&second, "two").await,
            "2 s after the change a vCon was still tagged the old way"
        );
    }
    std::fs::write(
        first.folder().join("vconduit.yml"),
        "chains: {main: {links: [nowhere], ingress_lists: [in]}}\n",
    )
    .expect("the file");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(tagged_with(&second, "two").await, "a broken file replaced a good one");
    assert!(
        first.log().contains("nowhere"),
        "the broken file was not complained about:\n{}",
        first.log()
    );
}

#[tokio::test]
async fn nothing_is_dropped_while_the_configuration_changes() {
    let host = Host::with(config("a")).start().await;
    let vcons = samples::many(600);
    for (index, (_, text)) in vcons.iter().enumerate() {
        if index % 150 == 0 {
            std::fs::write(host.folder().join("vconduit.yml"), config(&format!("t{index}"))).expect("the file");
        }
        host.post_vcon(text, "in").await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    host.until_depth("out", 600).await;
    assert!(host.dead_letters("in").await.is_empty());
}
