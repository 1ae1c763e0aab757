//! Components as their authors build them, for wasm32-wasip2: good ones, and one that misbehaves
//! (`noisy`).

use serde_json::{Value, json};
use std::collections::HashMap;
use vconduit_harness::components::example_file as example;
use vconduit_harness::{Host, Receiver, RedisServer, SOON, authority, chain_of, config, eventually, grant_of, samples};

/// Returns true if one line contains all these words, in any member.
fn has_line(lines: &[Value], words: &[&str]) -> bool {
    lines.iter().any(|line| {
        let members = line.as_object().into_iter().flat_map(|members| members.values());
        let text: Vec<_> = members.filter_map(Value::as_str).collect();
        words.iter().all(|word| text.iter().any(|text| text.contains(word)))
    })
}

mod well_behaved {
    use super::*;

    /// Returns the stored text of every sample after the chain of this list.
    async fn texts_after(host: &Host, list: &str) -> Vec<String> {
        let calls = samples::calls();
        for call in &calls {
            host.post_vcon(call, list).await;
        }
        host.until_depth(&format!("{list}_out"), calls.len() as u64).await;
        let mut texts = Vec::new();
        for call in &calls {
            let sent: Value = serde_json::from_str(call).expect("a sample is JSON");
            let id = sent["uuid"].as_str().expect("a uuid");
            let (status, text) = host.get(&format!("/vcon/{id}")).await;
            assert_eq!(status, 200, "GET /vcon/{id} answered {text}");
            texts.push(text);
        }
        texts
    }

    #[tokio::test]
    async fn both_worlds_make_the_same_document_of_the_same_change() {
        let options = json!({"tags": ["vip"]});
        let host = Host::with(config(
            &json!({
                "edits": {"module": "links.tag", "options": options},
                "whole": {"component": example("tag_transform"), "options": options},
            }),
            &json!({"one": chain_of("edits", "link"), "other": chain_of("whole", "transform")}),
        ))
        .start()
        .await;
        let by_edits = texts_after(&host, "link").await;
        let by_document = texts_after(&host, "transform").await;
        for (edits, document) in by_edits.iter().zip(&by_document) {
            assert!(edits.contains(r#"[\"vip:vip\"]"#), "the tag is missing: {edits}");
            assert_eq!(edits, document, "world link (left) and world transform (right) differ");
        }
    }

    #[tokio::test]
    async fn a_transform_without_a_document_is_a_dead_letter_that_says_so() {
        let redis = RedisServer::start();
        let host = Host::with(config(
            &json!({"whole": {"component": example("tag_transform")}}),
            &json!({"one": chain_of("whole", "in")}),
        ))
        .redis(&redis)
        .start()
        .await;
        let id = "0190c1f2-0000-8000-8000-00000000dead";
        redis.push("in", id);
        host.until_dead_letter("in", id).await;
        let letters = host.admin_ok("GET", "/dlq/in", None).await;
        assert_eq!(letters["dead_letters"][0]["record"]["class"], "missing", "{letters}");
    }

    #[tokio::test]
    async fn the_keyword_tagger_asks_its_service_and_stores_the_response() {
        let service = Receiver::start().await;
        service.answer(200, r#"{"topics": ["billing", "refund"]}"#);
        let url = service.url();
        let host = Host::with(config(
            &json!({"topics": {
                "component": example("keyword_tagger"),
                "options": {"url": format!("{url}/topics")},
                "grants": grant_of(&url),
            }}),
            &json!({"main": chain_of("topics", "in")}),
        ))
        .start()
        .await;
        let (id, text) = samples::said("not this", Some("I was charged twice."));
        host.post_vcon(&text, "in").await;
        host.until_depth("in_out", 1).await;

        let asked = service.received();
        assert_eq!(asked.len(), 1, "one vCon is one request: {asked:?}");
        assert_eq!((asked[0].method.as_str(), asked[0].uri.path()), ("POST", "/topics"));
        assert_eq!(asked[0].body, "I was charged twice.");

        let vcon = host.vcon(&id).await.expect("the vCon");
        let added = &vcon["analysis"][1];
        assert_eq!(
            (&added["type"], &added["dialog"]),
            (&json!("topics"), &json!(0)),
            "{vcon}"
        );
        let topics: Value = serde_json::from_str(added["body"].as_str().expect("a text")).expect("topics are JSON");
        assert_eq!(topics, json!(["billing", "refund"]));
        assert!(vcon["attachments"].to_string().contains("topic:billing"), "{vcon}");
    }
}

/// The link `noisy` in a chain of its own, and a good chain, in one host.
mod noisy {
    use super::*;

    const VICTIMS: usize = 3;
    const NEIGHBOURS: usize = 12;

    /// Starts a host. `options` are further options next to `act`. `more` has the link's `grants`
    /// and `limits`.
    async fn start(act: &str, options: Value, more: Value) -> Host {
        let mut noisy = more;
        noisy["component"] = json!(example("noisy"));
        noisy["options"] = options;
        noisy["options"]["act"] = act.into();
        let links = json!({"culprit": noisy, "tag": {"module": "links.tag", "options": {"tags": ["seen"]}}});
        let chains = json!({"bad": chain_of("culprit", "bad"), "good": chain_of("tag", "good")});
        Host::with(config(&links, &chains)).start().await
    }

    /// Posts to both chains in turn. Returns the ids that went to the noisy one.
    async fn post(host: &Host) -> Vec<String> {
        let mut victims = Vec::new();
        for (at, (id, text)) in samples::many(NEIGHBOURS + VICTIMS).into_iter().enumerate() {
            if at < VICTIMS * 2 && at % 2 == 0 {
                host.post_vcon(&text, "bad").await;
                victims.push(id);
            } else {
                host.post_vcon(&text, "good").await;
            }
        }
        victims.sort();
        victims
    }

    /// Returns the log lines on the noisy link, after its vCons became dead letters and the other
    /// chain delivered all of its own.
    async fn dead(host: &Host) -> Vec<Value> {
        let victims = post(host).await;
        host.until_depth("good_out", NEIGHBOURS as u64).await;
        eventually("the vCons of the noisy link are dead letters", SOON, async || {
            let mut dead = host.dead_letters("bad").await;
            dead.sort();
            (dead == victims).then_some(())
        })
        .await;
        assert_eq!(host.depth("bad_out").await, 0, "a vCon of the noisy link was sent on");
        host.log_of("culprit")
    }

    async fn dead_by(act: &str, more: Value) -> Vec<Value> {
        dead(&start(act, json!({}), more).await).await
    }

    #[tokio::test]
    async fn lines_that_a_link_prints_are_in_the_log_under_its_name() {
        let host = start("print", json!({}), json!({})).await;
        post(&host).await;
        host.until_depth("bad_out", VICTIMS as u64).await;
        let lines = host.log_of("culprit");
        assert!(has_line(&lines, &["INFO", "noisy on standard output"]), "{lines:#?}");
        assert!(has_line(&lines, &["WARN", "noisy on standard error"]), "{lines:#?}");
    }

    #[tokio::test]
    async fn a_handed_off_vcon_continues_at_the_next_link_when_it_comes_back() {
        let redis = RedisServer::start();
        for store in [None, Some(&redis)] {
            let links = json!({
                "culprit": {"component": example("noisy"), "options": {"act": "hand_off"}, "grants": {"queues": ["people"]}},
                "tag": {"module": "links.tag", "options": {"tags": ["after"]}},
            });
            let mut chain = chain_of("culprit", "bad");
            chain["links"] = json!(["culprit", "tag"]);
            let host = Host::with(config(&links, &json!({"bad": chain})))
                .on(store)
                .start()
                .await;
            let (id, text) = samples::many(1).remove(0);
            host.post_vcon(&text, "bad").await;
            host.until_depth("people", 1).await;
            assert_eq!(
                host.depth("bad_out").await,
                0,
                "the run did not wait for whoever has the vCon"
            );

            let mut worked_on: Value = serde_json::from_str(&text).expect("a sample is JSON");
            worked_on["subject"] = "seen by a person".into();
            assert_eq!(host.post("/vcon", worked_on.to_string()).await.0, 201);
            let back = host
                .post("/vcon/ingress?ingress_list=resume:bad", json!([id]).to_string())
                .await;
            assert_eq!(back.0, 204, "{}", back.1);
            host.until_depth("bad_out", 1).await;
            let vcon = host.vcon(&id).await.expect("the vCon");
            assert_eq!(vcon["subject"], "seen by a person");
            assert!(
                vcon["attachments"].to_string().contains("after:after"),
                "the next link did not run: {vcon}"
            );
            assert_eq!(
                host.depth("people").await,
                1,
                "the link that handed the vCon off ran again"
            );
        }
    }

    #[tokio::test]
    async fn a_panic_makes_a_dead_letter_with_the_panics_message() {
        let lines = dead_by("panic", json!({})).await;
        let words = ["the link crashed", "noisy fell over, as it was told to", "DLQ:bad"];
        assert!(has_line(&lines, &words), "{lines:#?}");
    }

    #[tokio::test]
    async fn an_endless_loop_ends_at_its_cpu_limit() {
        let lines = dead_by("loop", json!({"limits": {"cpu_ms": 500}})).await;
        assert!(has_line(&lines, &["500 ms", "cpu_ms", "DLQ:bad"]), "{lines:#?}");
    }

    #[tokio::test]
    async fn memory_without_end_ends_at_its_limit() {
        let lines = dead_by("allocate", json!({"limits": {"memory_bytes": 16_777_216}})).await;
        assert!(has_line(&lines, &["memory_bytes is 16777216", "DLQ:bad"]), "{lines:#?}");
    }

    #[tokio::test]
    async fn an_endless_recursion_is_a_crash_of_the_link_alone() {
        let lines = dead_by("recurse", json!({})).await;
        assert!(has_line(&lines, &["the link crashed", "DLQ:bad"]), "{lines:#?}");
    }

    #[tokio::test]
    async fn a_flood_of_log_lines_ends_at_its_budget_with_one_notice() {
        let host = start("log_flood", json!({}), json!({"limits": {"cpu_ms": 30_000}})).await;
        post(&host).await;
        host.until_depth("good_out", NEIGHBOURS as u64).await;
        host.until_depth("bad_out", VICTIMS as u64).await;
        let lines = host.log_of("culprit");
        let starting = |words: &str| {
            let lines = lines.iter().filter_map(|line| line["message"].as_str());
            lines.filter(|message| message.starts_with(words)).count()
        };
        // The budget is 64 KiB, in lines of 1,006 bytes.
        assert_eq!(starting("flood "), 65 * VICTIMS);
        assert_eq!(starting("the link wrote more than log_bytes (65536) allows"), VICTIMS);
    }

    #[tokio::test]
    async fn an_edit_that_is_not_json_is_refused() {
        let lines = dead_by("bad_edit", json!({})).await;
        assert!(has_line(&lines, &["bad JSON", "DLQ:bad"]), "{lines:#?}");
    }

    #[tokio::test]
    async fn an_edit_beyond_the_size_of_a_document_is_refused() {
        // The edit of 8 MiB just fits a call. The host checks the size that the document would
        // have.
        let lines = dead_by("big_answer", json!({"limits": {"document_bytes": 6_000_000}})).await;
        assert!(
            has_line(&lines, &["larger than document_bytes (6000000)", "DLQ:bad"]),
            "{lines:#?}"
        );
    }

    #[tokio::test]
    async fn an_edit_far_beyond_the_size_of_a_document_names_the_limit() {
        let lines = dead_by("big_answer", json!({"limits": {"document_bytes": 1_000_000}})).await;
        assert!(
            has_line(&lines, &["the limit document_bytes is 1000000", "DLQ:bad"]),
            "{lines:#?}"
        );
    }

    #[tokio::test]
    async fn a_granted_service_is_called() {
        let service = Receiver::start().await;
        let url = service.url();
        let host = start("call", json!({"url": url}), json!({"grants": grant_of(&url)})).await;
        post(&host).await;
        host.until_depth("bad_out", VICTIMS as u64).await;
        assert_eq!(service.received().len(), VICTIMS);
    }

    #[tokio::test]
    async fn a_service_that_is_not_granted_is_not_called_and_the_log_names_it_and_the_grant() {
        let service = Receiver::start().await;
        let url = service.url();
        let host = start("call", json!({"url": url}), json!({})).await;
        let lines = dead(&host).await;
        let grant = format!(r#"add `http: [{{host: "{}", private: true}}]`"#, authority(&url));
        assert!(has_line(&lines, &["not granted", &grant]), "{lines:#?}");
        assert!(has_line(&lines, &["not allowed", "DLQ:bad"]), "{lines:#?}");
        assert!(service.received().is_empty(), "a service without a grant was called");
    }

    #[tokio::test]
    async fn a_redirect_leads_no_further_than_the_grants() {
        let (service, other) = (Receiver::start().await, Receiver::start().await);
        let location = HashMap::from([("location".to_owned(), other.url())]);
        for _ in 0..VICTIMS {
            service.answer_with(302, (&location).try_into().expect("a header"), "");
        }
        let (url, elsewhere) = (service.url(), other.url());
        let host = start("call", json!({"url": url}), json!({"grants": grant_of(&url)})).await;
        let lines = dead(&host).await;
        assert!(has_line(&lines, &[authority(&elsewhere), "not granted"]), "{lines:#?}");
        assert_eq!(
            service.received().len(),
            VICTIMS,
            "the granted service was not asked once per vCon"
        );
        assert!(
            other.received().is_empty(),
            "a redirect led to a service without a grant"
        );
    }

    #[tokio::test]
    async fn a_call_of_a_silent_service_ends_at_the_wall_clock_limit() {
        // The system accepts the connections. No program ever reads from them.
        let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let url = format!("http://{}", silent.local_addr().expect("its address"));
        let more = json!({"grants": grant_of(&url), "limits": {"wall_ms": 1000}});
        let host = start("call", json!({"url": url}), more).await;
        let lines = dead(&host).await;
        assert!(has_line(&lines, &["1000 ms", "wall_ms", "DLQ:bad"]), "{lines:#?}");
    }
}

mod not_a_component {
    use super::*;

    /// Returns the error of a host that is started with these bytes as the component of the link
    /// `odd`. The host has to end by itself.
    async fn refusal(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("odd.wasm");
        std::fs::write(&file, bytes).expect("the component's file");
        let links = json!({"odd": {"component": file}});
        let mut host = Host::with(config(&links, &json!({"main": chain_of("odd", "in")}))).spawn();
        eventually("the host says why it does not start", SOON, async || {
            host.log().contains("error: ").then_some(())
        })
        .await;
        let (_, code) = host.terminate().await;
        let log = host.log();
        assert_eq!(code, Some(1), "the host did not end with an error:\n{log}");
        let file = file.display().to_string();
        assert!(
            log.contains("link odd: ") && log.contains(&file),
            "link and file are not named:\n{log}"
        );
        log
    }

    #[tokio::test]
    async fn a_text_is_refused_as_webassembly_text() {
        let log = refusal(b"(component)").await;
        assert!(log.contains("WebAssembly text"), "{log}");
    }

    #[tokio::test]
    async fn a_core_module_is_refused_with_the_target_to_build_for() {
        let log = refusal(b"\0asm\x01\0\0\0and then garbage").await;
        assert!(
            log.contains("a core WebAssembly module; build it for wasm32-wasip2"),
            "{log}"
        );
    }

    #[tokio::test]
    async fn a_component_that_was_cut_off_is_refused_as_damaged() {
        let whole = std::fs::read(example("keyword_tagger")).expect("the example");
        let log = refusal(&whole[..whole.len() / 2]).await;
        assert!(log.contains("the component is damaged"), "{log}");
    }
}
