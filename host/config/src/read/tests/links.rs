//! Rules of `links`: modules, limits, grants.

use std::time::Duration;

use super::{assert_problems, good, link, with_link};
use crate::{ComponentSource, OnError};
use vconduit_policy::Grants;

#[test]
fn a_standard_link_is_found_by_its_name_and_by_its_further_modules() {
    let text = "links: {a: {module: links.webhook}, b: {module: links.post_to_url}}\n";
    let config = good(text);
    for name in ["a", "b"] {
        let component = &config.links.get(name).unwrap().component;
        assert_eq!(*component, ComponentSource::Standard("webhook".to_owned()), "{name}");
    }
}

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
            ("E7 links.b.module:", &["`links.deepgram_link` is not built in"]),
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
    let grants = x.grants.unwrap();
    let hosts: Vec<_> = grants
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
    assert!(grants.allows_queue("in_1") && grants.allows_queue("out") && !grants.allows_queue("out2"));
    assert!(grants.read && grants.expire && !grants.create && !grants.delete);
    assert_eq!(grants.secrets[0].as_str(), "key");
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
fn grants_that_are_not_stated_are_told_from_none() {
    let grants = |lines: &str| link(&good(&with_link(lines)), "x").grants;
    assert_eq!(grants("module: links.tag"), None);
    assert_eq!(grants("component: a.wasm"), None);
    assert_eq!(grants("module: links.tag\ngrants: {}"), Some(Grants::default()));
}

#[test]
fn keeping_instances_is_stated_or_left_to_the_link() {
    let warm = |lines: &str| link(&good(&with_link(lines)), "x").warm;
    assert_eq!(warm("module: links.tag"), None);
    assert_eq!(warm("module: links.tag\nwarm: false"), Some(false));
    assert_eq!(warm("component: a.wasm\nwarm: true"), Some(true));
    assert_problems(
        &with_link("component: a.wasm\nwarm: often"),
        &[("E8 links.x.warm:", &["true or false"])],
    );
}
