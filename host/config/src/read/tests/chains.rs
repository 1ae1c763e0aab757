//! Rules of `chains`.

use std::time::Duration;

use serde_json::json;

use super::{assert_problems, good, problems, with_chain};
use crate::OnError;
use vconduit_base::names::{ChainName, ListName};

#[test]
fn names_that_lead_nowhere_are_errors_with_the_nearest_name() {
    let text = "\
chains:
  main:
    links: [tagg, nothing_like_it]
    ingress_lists: [a]
    storages:
      - fil
  off:
    links: [gone]
    ingress_lists: [a]
    storages: [gone]
    enabled: 0
links:
  tag: {module: links.tag}
storages:
  file: {module: storage.file}
";
    assert_problems(
        text,
        &[
            (
                "E3 chains.main.links[0]:",
                &["chain `main`", "link `tagg`", "did you mean `tag`?"],
            ),
            ("E3 chains.main.links[1]:", &["`nothing_like_it`", "links defined: tag"]),
            (
                "E6 chains.main.storages[0]:",
                &["storage `fil`", "did you mean `file`?"],
            ),
            ("W8 chains.off.links[0]:", &["chain `off`"]),
            ("W10 chains.off.storages[0]:", &["storage `gone`"]),
        ],
    );
}

#[test]
fn a_list_of_two_chains_belongs_to_the_last_with_a_warning() {
    let text = "\
chains:
  one: {links: [], ingress_lists: [a, b]}
  two:
    links: []
    ingress_lists:
      - c
      - b
  off: {links: [], ingress_lists: [a], enabled: false}
";
    assert_problems(
        text,
        &[("W7 chains.two.ingress_lists[1]:", &["`b`", "`one`", "the last chain"])],
    );
    let config = good(text);
    assert_eq!(
        config.ingress()[&ListName::new("b").unwrap()],
        ChainName::new("two").unwrap()
    );
    assert_eq!(
        config.ingress()[&ListName::new("a").unwrap()],
        ChainName::new("one").unwrap()
    );
    assert_problems(
        &with_chain("links: []\ningress_lists: [a, 'vconduit:x']\negress_lists: [a]"),
        &[
            ("W6 chains.c.ingress_lists[0]:", &["for ever"]),
            ("E6 chains.c.ingress_lists[1]:", &["belong to the host"]),
        ],
    );
}

#[test]
fn a_chain_without_links_says_how_to_write_one() {
    assert_problems(
        &with_chain("ingress_lists: [a]"),
        &[("E4 chains.c.links:", &["`links: []`"])],
    );
    assert_problems(
        &with_chain("ingress_lists: [a]\nlinks:"),
        &[("E6 chains.c.links:", &["`links: []`"])],
    );
    assert_problems(
        &with_chain("ingress_lists: [a]\nenabled: 0"),
        &[("W4 chains.c.links:", &[])],
    );
    assert!(problems(&with_chain("ingress_lists: [a]\nlinks: []")).is_empty());
}

#[test]
fn links_of_a_chain_take_options_of_their_own() {
    let text = with_chain(
        "ingress_lists: [a]\nlinks:\n  - tag\n  - tag: {tags: [x]}\n  - {name: tag, options: {tags: [y]}}\n  - tag:\n  - name: tag",
    );
    let config = good(&text);
    let links = &config.chains[&ChainName::new("c").unwrap()].links;
    let options: Vec<_> = links.iter().map(|link| json!(link.options)).collect();
    assert_eq!(
        options,
        [
            json!({}),
            json!({"tags": ["x"]}),
            json!({"tags": ["y"]}),
            json!({}),
            json!({})
        ]
    );
    assert!(links.iter().all(|link| link.name.as_str() == "tag"));
    assert_problems(
        &with_chain(
            "ingress_lists: [a]\nlinks:\n  - {tag: {}, tags: {}}\n  - [tag]\n  - tag: 5\n  - {name: tag, option: {}}",
        ),
        &[
            ("E7 chains.c.links[0]:", &["- name: {option: value}"]),
            ("E8 chains.c.links[1]:", &["a list is not a link"]),
            ("E9 chains.c.links[2]:", &["options have to be a mapping"]),
            ("E10 chains.c.links[3].option:", &["did you mean `options`?"]),
        ],
    );
}

#[test]
fn the_additions_to_chains_are_read() {
    let config = good(&with_chain(
        "links: []\ningress_lists: [a]\nenabled: yes\ntimeout: 1.5\nweight: 7\nconcurrency: 3\nhand_off_timeout: 60\nschedule: '*/5 * * * *'\non_error: stop",
    ));
    let chain = &config.chains[&ChainName::new("c").unwrap()];
    assert_eq!(chain.timeout, Some(Duration::from_millis(1500)));
    assert_eq!((chain.weight, chain.on_error), (7, OnError::Stop));
    assert_eq!(chain.concurrency, Some(3));
    assert_eq!(chain.hand_off_timeout, Duration::from_mins(1));
    assert_eq!(chain.schedule.as_deref(), Some("*/5 * * * *"));
    assert_problems(
        &with_chain(
            "links: []\ningress_lists: [a]\ntimeout: 0\nhand_off_timeout: 0\nschedule: every day\non_error: retry",
        ),
        &[
            ("W7 chains.c.timeout:", &["there is none"]),
            ("E8 chains.c.hand_off_timeout:", &["more than 0"]),
            ("E9 chains.c.schedule:", &["`every day`", "five fields"]),
            ("E10 chains.c.on_error:", &["`dlq`, `continue` or `stop`"]),
        ],
    );
    for bad in [
        "timeout: -1",
        "timeout: '5'",
        "timeout: 1.0e+300",
        "weight: 101",
        "weight: 1.5",
        "concurrency: 0",
        "concurrency: 10001",
        "concurrency: many",
        "enabled: 2",
        "schedule: 5",
    ] {
        let found = problems(&with_chain(&format!("links: []\ningress_lists: [a]\n{bad}")));
        assert!(found.len() == 1 && found[0].starts_with("E7 "), "{bad}: {found:?}");
    }
}

#[test]
fn unknown_names_of_chains_are_reported_with_the_known_ones() {
    let config = good("chains: {a: {links: [], ingress_lists: [i]}, b: {links: [], ingress_lists: [j]}}");
    let names = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| ChainName::new(*text).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(config.unknown_chains(&names(&["b", "a"])), None);
    assert_eq!(
        config.unknown_chains(&names(&["c", "a", "d"])).as_deref(),
        Some("there is no chain `c`, `d`; the configuration has: a, b")
    );
    let empty = crate::Config::default().unknown_chains(&names(&["c"]));
    assert!(empty.unwrap().ends_with("the configuration has: none"));
}
