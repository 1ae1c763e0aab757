//! Links in languages other than Rust: the same link in four languages, and hostile links in two.

use serde_json::{Value, json};
use vconduit_harness::components::polyglot_file as component;
use vconduit_harness::samples::{self, said};
use vconduit_harness::{
    Host, HostBuilder, Receiver, RedisServer, SOON, authority, chain_of, config, eventually, grant_of,
};

/// Languages of the link. Python and Go use `wasi:http`, JavaScript and C `vcon:link/http`.
const LANGUAGES: [&str; 4] = ["python", "js", "c", "go"];

/// Response of the service, with non-ASCII characters: a language that writes text in a form of its
/// own would show.
const TOPICS: [&str; 2] = ["Rückfrage 😀", "refund"];

/// Starts a host, one at a time over all tests: the first one compiles for a minute, and the others
/// use its result from the cache.
async fn start(builder: HostBuilder) -> Host {
    let path = samples::root().join("target/polyglot/start.lock");
    let file = std::fs::File::create(path).expect("a file to lock");
    let file = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    let _held = file.await.expect("it ends").expect("a lock");
    builder.start().await
}

/// Waits for a dead letter and returns its error record.
async fn record_of(redis: &RedisServer, list: &str, id: &str) -> Value {
    eventually(&format!("{id} is a dead letter of `{list}`"), SOON, async || {
        redis.record(list, id)
    })
    .await
}

/// One host with a chain for each language, with that language's link and a service of its own.
struct Setup {
    host: Host,
    redis: RedisServer,
    services: Vec<Receiver>,
}

impl Setup {
    /// Starts the host. `adapt` may change the entry of a link.
    async fn start(adapt: impl Fn(&mut Value)) -> Self {
        let (mut services, mut links, mut chains) = (Vec::new(), json!({}), json!({}));
        for language in LANGUAGES {
            let service = Receiver::start().await;
            let url = service.url();
            links[language] = json!({
                "component": component(&format!("topics_{language}")),
                "options": {"url": format!("{url}/topics?of=text")},
                "grants": grant_of(&url),
                "limits": {"attempts": 2},
            });
            adapt(&mut links[language]);
            chains[language] = chain_of(language, language);
            services.push(service);
        }
        let redis = RedisServer::start();
        let config = config(&links, &chains);
        let host = start(Host::with(config).redis(&redis)).await;
        Self { host, redis, services }
    }

    fn each(&self) -> impl Iterator<Item = (&'static str, &Receiver)> {
        LANGUAGES.into_iter().zip(&self.services)
    }

    /// Runs every language on a vCon like this. Returns the documents after the chains.
    async fn work(&self, text: &str, transcript: Option<&str>) -> Vec<(&'static str, Value)> {
        let mut worked = Vec::new();
        for language in LANGUAGES {
            let (id, text) = said(text, transcript);
            self.host.post_vcon(&text, language).await;
            self.host.until_depth(&format!("{language}_out"), 1).await;
            worked.push((language, self.host.vcon(&id).await.expect("the vCon")));
        }
        worked
    }

    /// Lets every language fail on a vCon like this. Returns the error records.
    async fn fail(&self, text: &str) -> Vec<(&'static str, Value)> {
        let mut failed = Vec::new();
        for language in LANGUAGES {
            let (id, text) = said(text, None);
            self.host.post_vcon(&text, language).await;
            failed.push((language, record_of(&self.redis, language, &id).await));
        }
        failed
    }

    fn answer_topics(&self) {
        for (_, service) in self.each() {
            service.answer(200, json!({"topics": TOPICS}).to_string());
        }
    }
}

/// Checks the additions to a vCon: one analysis at this index, and the tag. They are the same in
/// every language.
fn assert_worked(language: &str, vcon: &Value, at: usize, tag: &str) {
    let mut added = vcon["analysis"][at].clone();
    let body: Value = serde_json::from_str(added["body"].take().as_str().expect("a text")).expect("topics are JSON");
    assert_eq!(body, json!(TOPICS), "{language}");
    let rest = json!({"type": "topics", "dialog": 0, "vendor": "example", "body": null, "encoding": "json"});
    assert_eq!(added, rest, "{language}");
    assert_eq!(
        vcon["analysis"].as_array().map(Vec::len),
        Some(at + 1),
        "{language}: {vcon}"
    );
    let tags: Value =
        serde_json::from_str(vcon["attachments"][0]["body"].as_str().expect("a text")).expect("tags are JSON");
    assert_eq!(tags, json!([format!("{tag}:{}", TOPICS[0])]), "{language}");
}

mod the_same_link {
    use super::*;

    #[tokio::test]
    async fn is_uploaded_while_the_host_runs_granted_and_works_in_a_chain() {
        let setup = Setup::start(|_| {}).await;
        setup.answer_topics();
        for (language, service) in setup.each() {
            let (host, link) = (&setup.host, format!("uploaded_{language}"));
            let bytes = std::fs::read(component(&format!("topics_{language}"))).expect("a component");
            let (status, answer) = host.upload(&link, bytes, "activate=true").await;
            assert_eq!(status, 200, "{language}: {answer}");
            assert!(
                answer["held"].as_str().is_some_and(|why| why.contains("http")),
                "{language} asks for HTTP: {answer}"
            );
            let url = service.url();
            let grants = grant_of(&url);
            let path = |what: &str| format!("/links/{link}/{what}");
            host.admin_ok("PUT", &path("grants"), Some(&json!({"grants": grants})))
                .await;
            let digest = answer["digest"].as_str().expect("a digest");
            host.admin_ok("POST", &path(&format!("versions/{digest}/activate")), None)
                .await;
            host.admin_ok("PUT", &path("options"), Some(&json!({"url": format!("{url}/topics")})))
                .await;
            host.admin_ok("PUT", &format!("/chains/{link}"), Some(&chain_of(&link, &link)))
                .await;
            let (id, text) = said("said", Some("a transcript"));
            host.post_vcon(&text, &link).await;
            host.until_depth(&format!("{link}_out"), 1).await;
            assert_worked(language, &host.vcon(&id).await.expect("the vCon"), 1, "topic");
        }
    }

    #[tokio::test]
    async fn makes_of_a_transcript_the_same_request_analysis_and_tag() {
        let setup = Setup::start(|_| {}).await;
        setup.answer_topics();
        // Longer than one write of wasi:http may be.
        let transcript = "Ich rufe zurück — 😀. ".repeat(500);
        for (language, vcon) in setup.work("not this", Some(&transcript)).await {
            assert_worked(language, &vcon, 1, "topic");
        }
        for (language, service) in setup.each() {
            let asked = service.received();
            assert_eq!(asked.len(), 1, "{language}: one vCon is one request");
            let (method, place) = (asked[0].method.as_str(), asked[0].uri.to_string());
            assert_eq!((method, place.as_str()), ("POST", "/topics?of=text"), "{language}");
            assert_eq!(asked[0].body, transcript, "{language}");
            let header = |name: &str| asked[0].headers[name].to_str().expect("a text").to_owned();
            assert_eq!(header("content-type"), "text/plain; charset=utf-8", "{language}");
            assert_eq!(header("content-length"), transcript.len().to_string(), "{language}");
        }
    }

    #[tokio::test]
    async fn takes_the_dialogs_text_without_a_transcript_and_the_tag_from_its_option() {
        let setup = Setup::start(|link| link["options"]["tag"] = "subject".into()).await;
        setup.answer_topics();
        for (language, vcon) in setup.work("I was charged twice.", None).await {
            assert_worked(language, &vcon, 0, "subject");
        }
        for (language, service) in setup.each() {
            assert_eq!(service.received()[0].body, "I was charged twice.", "{language}");
        }
    }

    #[tokio::test]
    async fn is_tried_again_after_a_response_of_503() {
        let setup = Setup::start(|_| {}).await;
        for (_, service) in setup.each() {
            service.answer(503, "later");
        }
        setup.answer_topics();
        for (language, vcon) in setup.work("again", None).await {
            assert_worked(language, &vcon, 0, "topic");
        }
        for (language, service) in setup.each() {
            assert_eq!(service.received().len(), 2, "{language}");
        }
    }

    #[tokio::test]
    async fn lets_a_signed_vcon_through_untouched() {
        let setup = Setup::start(|_| {}).await;
        let (id, _) = said("sealed", None);
        let signed = json!({"payload": "e30", "signatures": [{"header": {"uuid": id}, "signature": "AA"}]});
        for language in LANGUAGES {
            let (status, body) = setup
                .host
                .post(&format!("/vcon?ingress_lists={language}"), signed.to_string())
                .await;
            assert_eq!(status, 201, "{body}");
            setup.host.until_depth(&format!("{language}_out"), 1).await;
        }
        for (language, service) in setup.each() {
            assert!(
                service.received().is_empty(),
                "{language} asked about a vCon that it can't read"
            );
        }
    }
}

/// A failure of the link: class, number of attempts and message in the dead letter's record.
mod a_failure {
    use super::*;

    async fn assert_failed(setup: &Setup, said: &str, class: &str, attempts: u32, words: &[&str]) {
        for (language, record) in setup.fail(said).await {
            assert_eq!(
                (&record["class"], &record["attempts"]),
                (&json!(class), &json!(attempts)),
                "{language}: {record}"
            );
            let message = record["message"].as_str().expect("a text");
            for word in words {
                assert!(message.contains(word), "{language}: `{word}` is not in: {message}");
            }
        }
    }

    #[tokio::test]
    async fn of_an_unavailable_service_is_tried_again_and_names_it() {
        // A port that nobody listens on: its receiver has been dropped.
        let unreachable = Receiver::start().await.url();
        let setup = Setup::start(|link| {
            link["options"]["url"] = format!("{unreachable}/topics").into();
            link["grants"]["http"][0]["host"] = authority(&unreachable).into();
        })
        .await;
        assert_failed(&setup, "hello", "service", 2, &[&unreachable, "was not reached"]).await;
    }

    #[tokio::test]
    async fn of_a_host_that_is_not_granted_is_one_of_options_and_names_the_default_address() {
        let setup = Setup::start(|link| link["options"] = json!({})).await;
        let words = ["http://localhost:8090/topics", "is not granted"];
        assert_failed(&setup, "hello", "options", 1, &words).await;
        for (language, service) in setup.each() {
            assert!(service.received().is_empty(), "{language} asked without a grant");
        }
    }

    #[tokio::test]
    async fn of_a_response_without_topics_says_so() {
        let setup = Setup::start(|_| {}).await;
        assert_failed(&setup, "hello", "service", 2, &["did not answer with topics"]).await;
    }

    #[tokio::test]
    async fn of_the_code_itself_shows_the_guests_own_message() {
        let setup = Setup::start(|_| {}).await;
        for (language, record) in setup.fail("fall over").await {
            assert_eq!(record["class"], "trap", "{language}: {record}");
            let message = record["message"].as_str().expect("a text");
            assert!(
                message.contains("fell over, as it was told to"),
                "{language}: {message}"
            );
        }
    }
}

/// Hostile links in languages with a runtime of their own, and a good chain in the same host.
mod harm {
    use super::*;

    async fn assert_contained(act: &str, limits: Value, words: &str) {
        let redis = RedisServer::start();
        let mut links = json!({"tag": {"module": "links.tag", "options": {"tags": ["seen"]}}});
        let mut chains = json!({"tag": chain_of("tag", "tag")});
        for language in ["python", "js"] {
            links[language] = json!({
                "component": component(&format!("hostile_{language}")), "options": {"act": act}, "limits": limits,
            });
            chains[language] = chain_of(language, language);
        }
        let config = config(&links, &chains);
        let host = start(Host::with(config).redis(&redis)).await;
        for language in ["python", "js"] {
            let (id, text) = said("hello", None);
            host.post_vcon(&text, language).await;
            host.post_vcon(&said("neighbour", None).1, "tag").await;
            let record = record_of(&redis, language, &id).await;
            assert_eq!(record["class"], "limit", "{language}: {record}");
            let message = record["message"].as_str().expect("a text");
            assert!(message.contains(words), "{language}: `{words}` is not in: {message}");
        }
        host.until_depth("tag_out", 2).await;
    }

    #[tokio::test]
    async fn a_loop_without_end_ends_at_the_limit_of_cpu_time() {
        assert_contained("spin", json!({"cpu_ms": 500}), "500 ms of CPU time, the limit cpu_ms").await;
    }

    #[tokio::test]
    async fn memory_without_end_ends_at_its_limit_although_the_guest_would_continue() {
        assert_contained("bomb", json!({"memory_bytes": 67_108_864}), "memory_bytes is 67108864").await;
    }
}
