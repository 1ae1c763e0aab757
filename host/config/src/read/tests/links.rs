//! Rules of `links`: modules, limits, grants.

use std::time::Duration;

use super::{assert_problems, good, link, with_link};
use crate::{ComponentSource, OnError};
use vconduit_policy::Grants;

#[test]
fn a_module_that_is_not_built_in_is_an_error_only_where_it_is_used() {
    let text = "\
chains:
  on: {links: [a, b, d], ingress_lists: [x]}
  off: {links: [c], ingress_lists: [x], enabled: 0}
links:
  a: {module: links.analyze}
  b:
    module: links.deepgram_link
  c: {module: links.scitt}
  d:
    options: {}
  e: {module: links.webhok}
";
    assert_problems(
        text,
        &[
            (
                "E5 links.a.module:",
                &["`links.analyze`", "links.tag, links.tag_router", "component: path"],
            ),
            ("E7 links.b.module:", &["older name of `links.transcribe`"]),
            ("W8 links.c.module:", &["no enabled chain uses it", "component: path"]),
            ("E9 links.d:", &["neither `module` nor `component`"]),
            ("W11 links.e.module:", &["did you mean `links.webhook`?"]),
        ],
    );
    let config = good(&with_link("module: links.analyze\ncomponent: ./a/../b.wasm").replace("./a/..", "./links"));
    assert_eq!(
        link(&config, "x").component,
        ComponentSource::File("/etc/v/links/b.wasm".into())
    );
    let config = good(&with_link("component: /opt/b.wasm"));
    assert_eq!(
        link(&config, "x").component,
        ComponentSource::File("/opt/b.wasm".into())
    );
    assert_eq!(link(&config, "x").grants, Grants::default());
    assert_problems(&with_link("component: ''"), &[("E7 links.x.component:", &["empty"])]);
}

#[test]
fn limits_stay_below_their_ceilings() {
    let config = good(&with_link(
        "module: links.tag\nlimits:\n  cpu_ms: 500\n  requests: 0\n  wall_ms:",
    ));
    assert_eq!(link(&config, "x").limits.cpu, Duration::from_millis(500));
    assert_eq!(link(&config, "x").limits.requests, 0);
    assert_eq!(link(&config, "x").limits.wall, Duration::from_secs(30));
    assert_problems(
        &with_link(
            "module: links.tag\nlimits:\n  cpu_ms: 60001\n  memory: 5\n  attempts: 0\n  wall_ms: 1.5\n  requests: '3'",
        ),
        &[
            ("E9 links.x.limits.cpu_ms:", &["60001", "ceiling of 60000"]),
            ("E10 links.x.limits.memory:", &["memory_bytes"]),
            ("E11 links.x.limits.attempts:", &["from 1 on"]),
            ("E12 links.x.limits.wall_ms:", &["whole number"]),
            ("E13 links.x.limits.requests:", &["whole number"]),
        ],
    );
}

#[test]
fn grants_are_read_strictly() {
    let config = good(&with_link(
        "component: a.wasm\non_error: continue\ngrants:\n  http: [API.example.com, '*.example.com:8443', {host: '10.0.0.5:9000', private: true}]\n  secrets: [key]\n  queues: [out, 'in_*']\n  vcons: [read, expire]",
    ));
    let x = link(&config, "x");
    let hosts: Vec<_> = x
        .grants
        .http
        .iter()
        .map(|host| (host.host.as_str(), host.port, host.private))
        .collect();
    assert_eq!(
        hosts,
        [
            ("api.example.com", None, false),
            ("*.example.com", Some(8443), false),
            ("10.0.0.5", Some(9000), true)
        ]
    );
    assert!(x.grants.allows_queue("in_1") && x.grants.allows_queue("out") && !x.grants.allows_queue("out2"));
    assert!(x.grants.read && x.grants.expire && !x.grants.create && !x.grants.delete);
    assert_eq!(x.grants.secrets[0].as_str(), "key");
    assert_eq!(x.on_error, Some(OnError::Continue));
    assert_problems(
        &with_link(
            "component: a.wasm\ngrants:\n  http:\n    - 127.0.0.1:80\n    - localhost\n    - https://a.com/x\n    - {hots: a}\n    - {host: a.com, private: 1}\n    - 5\n  secret: [a]\n  queues: ['*a']\n  vcons: [write]",
        ),
        &[
            (
                "E10 links.x.grants.http[0]:",
                &["private network", "{host: \"127.0.0.1:80\", private: true}"],
            ),
            ("E11 links.x.grants.http[1]:", &["private: true"]),
            ("E12 links.x.grants.http[2]:", &["write `a.com`"]),
            ("E13 links.x.grants.http[3]:", &["`host` is missing"]),
            ("E13 links.x.grants.http[3].hots:", &["did you mean `host`?"]),
            ("E14 links.x.grants.http[4].private:", &["true or false"]),
            ("E15 links.x.grants.http[5]:", &["quotes"]),
            ("E16 links.x.grants.secret:", &["did you mean `secrets`?"]),
            ("E17 links.x.grants.queues[0]:", &["at the end"]),
            ("E18 links.x.grants.vcons[0]:", &["read, create, delete, expire"]),
        ],
    );
    assert_problems(
        &with_link("component: a.wasm\ngrants:"),
        &[("W8 links.x.grants:", &["reaches nothing"])],
    );
}

#[test]
fn grants_of_a_standard_link_follow_from_its_options() {
    let webhook = "module: links.webhook\noptions:\n  webhook-urls: ['http://127.0.0.1:8099/h', 'https://A.com/x', 'https://a.com/y', nonsense]\n  headers: {Authorization: 'Bearer {{secret:tok}} {{secret:two}}'}\n";
    let text = with_link(webhook);
    assert_problems(
        &text,
        &[("W9 links.x.options.webhook-urls:", &["not an http or https URL"])],
    );
    let grants = link(&good(&text), "x").grants;
    let hosts: Vec<_> = grants
        .http
        .iter()
        .map(|host| (host.host.as_str(), host.port, host.private))
        .collect();
    assert_eq!(hosts, [("127.0.0.1", Some(8099), true), ("a.com", None, true)]);
    let secrets: Vec<_> = grants.secrets.iter().map(AsRef::<str>::as_ref).collect();
    assert_eq!(secrets, ["tok", "two"]);

    let none = link(&good(&with_link(&format!("{webhook}grants: {{}}"))), "x").grants;
    assert_eq!(none, Grants::default());

    let grants = link(
        &good(&with_link(
            "module: links.tag_router\noptions: {tag_routes: {a: one, b: two, c: one, d: 'x*'}}",
        )),
        "x",
    )
    .grants;
    assert_eq!(grants.queues, ["one", "two"]);

    let grants = link(&good(&with_link("module: links.diet\noptions: {post_media_to_url: 'http://m:1/x', s3_bucket: b, aws_region: eu-west-1, aws_secret_access_key: '{{secret:aws}}'}")), "x").grants;
    let hosts: Vec<_> = grants.http.iter().map(|host| host.host.as_str()).collect();
    assert_eq!(
        hosts,
        [
            "m",
            "b.s3.eu-west-1.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "b.s3.amazonaws.com",
            "s3.amazonaws.com"
        ]
    );
    assert_eq!(grants.secrets.len(), 1);
    assert!(link(&good(&with_link("module: links.expire_vcon")), "x").grants.expire);
    assert_eq!(
        link(&good(&with_link("module: links.tag")), "x").grants,
        Grants::default()
    );
}

#[test]
fn instances_are_kept_only_where_that_is_written_or_the_link_is_known_to_gain() {
    assert!(link(&good(&with_link("module: links.jq_link")), "x").warm);
    assert!(!link(&good(&with_link("module: links.jq_link\nwarm: false")), "x").warm);
    assert!(!link(&good(&with_link("module: links.tag")), "x").warm);
    assert!(!link(&good(&with_link("component: a.wasm")), "x").warm);
    assert!(link(&good(&with_link("component: a.wasm\nwarm: true")), "x").warm);
    assert_problems(
        &with_link("component: a.wasm\nwarm: often"),
        &[("E8 links.x.warm:", &["true or false"])],
    );
}

#[test]
fn options_of_a_place_widen_the_grants_that_follow() {
    let text = "\
chains:
  on:
    links: [{x: {tag_routes: {a: there}}}, {y: {tag_routes: {a: there}}}]
    ingress_lists: [i]
  off: {links: [{x: {tag_routes: {a: elsewhere}}}], ingress_lists: [i], enabled: 0}
links:
  x: {module: links.tag_router, options: {tag_routes: {a: here}}}
  y: {module: links.tag_router, grants: {queues: [only]}}
";
    let config = good(text);
    assert_eq!(link(&config, "x").grants.queues, ["here", "there"]);
    assert_eq!(link(&config, "y").grants.queues, ["only"]);
}
