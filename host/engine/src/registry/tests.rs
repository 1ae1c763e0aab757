//! Grants of the standard links for a configuration, and whether their instances are kept.

use std::sync::Arc;

use super::Registry;
use crate::snapshot::{ReadyLink, Snapshot};
use vconduit_base::names::LinkName;
use vconduit_config::{Problem, Settings};
use vconduit_policy::Grants;
use vconduit_sandbox::{Sandbox, SandboxSettings};
use vconduit_storage::factory::StorageContext;
use vconduit_store::sqlite::SqliteStore;

/// A configuration made ready on a host with an empty store.
async fn snapshot(text: &str) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
    let store = Arc::new(SqliteStore::open(folder.path(), lifetimes).unwrap());
    let storages = StorageContext {
        redis_url: None,
        data_dir: folder.path().to_owned(),
        secrets: Arc::new(|_| None),
    };
    let sandbox = Sandbox::new(SandboxSettings::default()).unwrap();
    let checked = crate::registry::config_reader(Vec::new()).text(text, "/etc/v/conf.yml");
    let config = checked.config.unwrap_or_else(|| panic!("{:#?}", checked.problems));
    let ready = Registry::new(sandbox, storages, store).snapshot(config, 1.into()).await;
    ready.unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn link<'a>(snapshot: &'a Snapshot, name: &str) -> &'a ReadyLink {
    &snapshot.links[&LinkName::new(name).unwrap()]
}

/// `host:port`, with `!` for one that may be private.
fn hosts(grants: &Grants) -> Vec<String> {
    let shown = |grant: &vconduit_policy::grants::HostGrant| {
        let port = grant.port.map(|port| format!(":{port}")).unwrap_or_default();
        let private = if grant.private { "!" } else { "" };
        format!("{}{port}{private}", grant.host)
    };
    grants.http.iter().map(shown).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_of_a_standard_link_follow_from_its_options_where_none_are_stated() {
    let snapshot = snapshot(
        "\
links:
  hook:
    module: links.webhook
    options:
      webhook-urls: ['http://127.0.0.1:8099/h', 'https://A.com/x', 'https://a.com/y', nonsense]
      headers: {Authorization: 'Bearer {{secret:tok}} {{secret:two}}'}
  closed: {module: links.webhook, options: {webhook-urls: ['https://a.com/x']}, grants: {}}
  diet:
    module: links.diet
    options: {post_media_to_url: 'http://m:1/x', s3_bucket: b, aws_region: eu-west-1, aws_secret_access_key: '{{secret:aws}}'}
  here: {module: links.diet, options: {s3_bucket: b}}
  router: {module: links.tag_router, options: {tag_routes: {a: one, b: two, c: one, d: 'x*'}}}
  expire: {module: links.expire_vcon, options: {seconds: 5}}
  tag: {module: links.tag}
",
    )
    .await;
    let grants = |name: &str| (*link(&snapshot, name).grants).clone();
    assert_eq!(hosts(&grants("hook")), ["127.0.0.1:8099!", "a.com!"]);
    let secrets: Vec<_> = grants("hook").secrets.iter().map(ToString::to_string).collect();
    assert_eq!(secrets, ["tok", "two"]);
    assert_eq!(grants("closed"), Grants::default(), "what is stated counts");
    assert_eq!(
        hosts(&grants("diet")),
        [
            "m:1!",
            "b.s3.eu-west-1.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "b.s3.amazonaws.com",
            "s3.amazonaws.com"
        ]
    );
    assert_eq!(grants("diet").secrets.len(), 1);
    assert_eq!(
        hosts(&grants("here"))[0],
        "b.s3.us-east-1.amazonaws.com",
        "the usual region"
    );
    assert_eq!(grants("router").queues, ["one", "two"]);
    assert!(grants("expire").expire, "a standard link gets what it asks for");
    assert_eq!(grants("tag"), Grants::default());

    let warning = Problem::warning(
        "links.hook.options.webhook-urls[3]",
        "`webhook-urls` is not an http or https URL; nothing can be sent to it",
        "write it as https://host/path",
    );
    assert_eq!(snapshot.warnings, [warning]);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_a_place_in_an_enabled_chain_widen_the_grants_that_follow() {
    let snapshot = snapshot(
        "\
chains:
  on:
    links: [{x: {tag_routes: {a: there}}}, {y: {tag_routes: {a: there}}}]
    ingress_lists: [i]
  off: {links: [{x: {tag_routes: {a: elsewhere}}}], ingress_lists: [j], enabled: 0}
links:
  x: {module: links.tag_router, options: {tag_routes: {a: here}}}
  y: {module: links.tag_router, grants: {queues: [only]}}
",
    )
    .await;
    assert_eq!(link(&snapshot, "x").grants.queues, ["here", "there"]);
    assert_eq!(link(&snapshot, "y").grants.queues, ["only"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_did_not_come_with_the_host_gets_nothing_that_is_not_stated() {
    let webhook = vconduit_standard_links::standard()
        .find(|link| link.name == "webhook")
        .unwrap();
    let jq = vconduit_standard_links::standard()
        .find(|link| link.name == "jq_link")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    for link in [webhook, jq] {
        std::fs::write(folder.path().join(link.name).with_extension("wasm"), link.bytes).unwrap();
    }
    let text = format!(
        "\
links:
  hook: {{component: '{folder}/webhook.wasm', options: {{webhook-urls: ['https://a.com/x']}}}}
  jq: {{component: '{folder}/jq_link.wasm'}}
",
        folder = folder.path().display()
    );
    let snapshot = snapshot(&text).await;
    assert_eq!(*link(&snapshot, "hook").grants, Grants::default());
    assert!(
        !link(&snapshot, "jq").warm,
        "it says that it may be kept; only an operator decides that"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_kept_where_that_is_stated_or_a_standard_link_says_so() {
    let snapshot = snapshot(
        "\
links:
  jq: {module: links.jq_link}
  jq_cold: {module: links.jq_link, warm: false}
  tag: {module: links.tag}
  tag_warm: {module: links.tag, warm: true}
",
    )
    .await;
    let kept = ["jq", "jq_cold", "tag", "tag_warm"].map(|name| link(&snapshot, name).warm);
    assert_eq!(kept, [true, false, false, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_the_project_have_no_warnings() {
    for (text, name) in [
        (include_str!("../../../../config/vconduit.yml"), "vconduit.yml"),
        (include_str!("../../../../config/conserver.yml"), "conserver.yml"),
    ] {
        let snapshot = snapshot(text).await;
        assert_eq!(snapshot.warnings, [], "{name}");
        if name == "vconduit.yml" {
            assert_eq!(link(&snapshot, "tag_router").grants.queues, ["demo_routed"]);
            assert_eq!(link(&snapshot, "webhook").grants.http[0].port, Some(8099));
        }
    }
}
