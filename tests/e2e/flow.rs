//! vCons from REST or a list, through a chain, to storages and egress lists: on both stores.

use vconduit_harness::{Host, HostBuilder, Receiver, RedisServer, SOON, eventually, samples};

fn config(webhook: &str) -> String {
    format!(
        r#"
links:
  first: {{module: links.tag, options: {{tags: [seen]}}}}
  has_parties: {{module: links.jq_link, options: {{filter: ".parties | length > 0"}}}}
  route: {{module: links.tag_router, options: {{tag_routes: {{seen: side}}}}}}
  keep: {{module: links.sampler, options: {{method: percentage, value: 100}}}}
  slim: {{module: links.diet, options: {{remove_system_prompts: true}}}}
  hook: {{module: links.webhook, options: {{webhook-urls: ["{webhook}/hook"], headers: {{authorization: "Bearer {{{{secret:HOOK}}}}"}}}}}}
  expire: {{module: links.expire_vcon, options: {{seconds: 7200}}}}
  wait: {{module: links.delay, options: {{seconds: 0.05}}}}
storages:
  files: {{module: storage.file, options: {{path: ./stored}}}}
chains:
  main:
    links: [first, has_parties, route, keep, slim, hook]
    ingress_lists: [in]
    storages: [files]
    egress_lists: [out]
  # A filter would stop what has no parties in sight.
  sealed:
    links: [first, route, keep, slim, hook]
    ingress_lists: [sealed]
    storages: [files]
    egress_lists: [sealed_out]
  side:
    links: [wait, expire]
    ingress_lists: [side]
    egress_lists: [side_out]
"#
    )
}

const SECRET: &str = "s3cr3t-v4lue";

/// Returns a host whose webhook posts to this receiver.
fn with_secret(receiver: &Receiver) -> HostBuilder {
    Host::with(config(&receiver.url())).env("VCONDUIT_SECRET_HOOK", SECRET)
}

async fn on_both(test: impl AsyncFn(Host)) {
    let (redis, receiver) = (RedisServer::start(), Receiver::start().await);
    for store in [None, Some(&redis)] {
        test(with_secret(&receiver).on(store).start().await).await;
    }
    let received = receiver.received();
    assert!(!received.is_empty(), "the webhook was never called");
    for request in received {
        assert_eq!(
            request
                .headers
                .get("authorization")
                .and_then(|value| value.to_str().ok()),
            Some(format!("Bearer {SECRET}").as_str()),
            "the secret was not filled in"
        );
    }
}

#[tokio::test]
async fn every_sample_goes_through_all_links_and_comes_out_in_storage_and_egress() {
    on_both(async |host| {
        let calls = samples::calls();
        for call in &calls {
            host.post_vcon(call, "in").await;
        }
        host.until_depth("out", 24).await;
        host.until_depth("side_out", 24).await;
        assert_eq!(host.depth("in").await, 0);
        assert!(host.dead_letters("in").await.is_empty());
        for call in &calls {
            let sent: serde_json::Value = serde_json::from_str(call).expect("a sample is JSON");
            let id = sent["uuid"].as_str().expect("a sample has a uuid");
            let stored = host.vcon(id).await.expect("the vCon is there");
            assert_eq!(
                samples::tags_of(&stored),
                [r#"["seen:seen"]"#],
                "{id} was not tagged once"
            );
            assert_eq!(
                stored["parties"].as_array().map(Vec::len),
                sent["parties"].as_array().map(Vec::len)
            );
        }
        let files = walk(&host.folder().join("data/stored"));
        assert_eq!(files, 24, "the file storage does not hold every sample");
        assert!(!host.log().contains(SECRET), "the secret is in the log");
    })
    .await;
}

#[tokio::test]
async fn an_id_that_a_third_party_pushes_onto_a_redis_list_is_processed() {
    let (redis, receiver) = (RedisServer::start(), Receiver::start().await);
    let host = with_secret(&receiver).redis(&redis).start().await;
    let call = &samples::calls()[0];
    let (status, _) = host.post("/vcon", call.clone()).await;
    assert_eq!(status, 201);
    let id = samples::id_of(call);
    redis.push("in", &id);
    eventually("the id is on the list `out`", SOON, async || {
        (redis.list("out") == [id.as_str()]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_vcon_that_expired_from_the_store_is_read_from_the_storage_again() {
    let (redis, receiver) = (RedisServer::start(), Receiver::start().await);
    let host = with_secret(&receiver).redis(&redis).start().await;
    let call = &samples::calls()[1];
    host.post_vcon(call, "in").await;
    host.until_depth("out", 1).await;
    let id = &samples::id_of(call);
    let _: i64 = redis::Commands::del(&mut redis.connect(), format!("vcon:{id}")).expect("DEL");
    let again = host.vcon(id).await.expect("the storage has it");
    assert_eq!(again["uuid"], id.as_str());
    let cached: bool = redis::Commands::exists(&mut redis.connect(), format!("vcon:{id}")).expect("EXISTS");
    assert!(cached, "it was not put back into the store");
    host.delete_vcon(id).await;
    assert!(host.vcon(id).await.is_none(), "the delete did not reach the storage");
}

#[tokio::test]
async fn a_signed_or_encrypted_vcon_goes_through_untouched() {
    on_both(async |host| {
        for name in [
            "ietf-ab_call_ext_rec_signed.vcon.json",
            "ietf-ab_call_ext_rec_encrypted.vcon.json",
        ] {
            let text = std::fs::read_to_string(samples::root().join("config/samples").join(name)).expect("a sample");
            let request = host
                .client()
                .post(host.url("/vcon?ingress_lists=sealed"))
                .header("content-type", "application/json")
                .body(text.clone());
            let answer = request.send().await.expect("a response");
            assert_eq!(answer.status(), 201, "{name} was refused");
            let location = answer
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok())
                .expect("where it is")
                .to_owned();
            let id = eventually("it comes out", SOON, async || {
                let (_, body) = host.get("/vcon/egress?egress_list=sealed_out&limit=1").await;
                serde_json::from_str::<Vec<String>>(&body).ok()?.pop()
            })
            .await;
            assert_eq!(location, format!("/vcon/{id}"));
            let (_, stored) = host.get(&location).await;
            assert_eq!(stored, text, "{name} was changed on its way");
        }
    })
    .await;
}

fn walk(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 })
        .sum()
}
