//! Rules of the sections as a whole.

use std::time::Duration;

use super::{assert_problems, good, link, problems, with_chain, with_link};
use crate::{ComponentSource, Config, IngressAuth, OnError};
use vconduit_base::names::ChainName;

#[test]
fn nothing_is_an_empty_configuration() {
    for text in ["", "# only a comment\n", "---\n", "{}", "null", "\u{feff}"] {
        assert_eq!(good(text), Config::default(), "for {text:?}");
        assert!(problems(text).is_empty());
    }
}

#[test]
fn a_conserver_file_loads_with_its_null_sections() {
    let text = "\
chains:
  main:
    links:
      - tag
    ingress_lists:
      - in
    storages:
    egress_lists:
    timeout: 10
    enabled: 1
links:
  tag:
    module: links.tag
    options:
storages:
imports:
tracers:
followers:
ingress_auth:
";
    assert!(problems(text).is_empty(), "{:?}", problems(text));
    let config = good(text);
    let chain = &config.chains[&ChainName::new("main").unwrap()];
    assert_eq!(chain.timeout, Some(Duration::from_secs(10)));
    assert!(chain.enabled);
    assert_eq!((chain.weight, chain.on_error), (1, OnError::DeadLetter));
    assert_eq!(chain.hand_off_timeout, Duration::from_hours(1));
    assert_eq!(
        link(&config, "tag").component,
        ComponentSource::Standard("tag".to_owned())
    );
    assert!(good("chains: null\nlinks:\nstorages: ~\n") == Config::default());
}

#[test]
fn sections_and_keys_without_effect_say_so() {
    assert_problems(
        "imports: {a: b}\ntracers:\n  jlinc: {module: tracers.jlinc}\nfollowers:\n  f: {url: x}\nchians: {}\n",
        &[
            ("W1 imports:", &["component"]),
            ("W2 tracers:", &["no tracer runs"]),
            ("W4 followers:", &["webhook"]),
            ("W6 chians:", &["has no effect", "did you mean `chains`?"]),
        ],
    );
    assert_problems(
        &with_link("module: links.tag\npip_name: a\ningress-lists: [b]\negress-lists:\noption: {}"),
        &[
            ("W8 links.x.pip_name:", &["no package is installed"]),
            ("W9 links.x.ingress-lists:", &["ingress_lists"]),
            ("W10 links.x.egress-lists:", &["egress_lists"]),
            ("W11 links.x.option:", &["did you mean `options`?"]),
        ],
    );
    assert_problems(
        &with_chain("links: [tag]\ningress_lists: [a]\ntracers: [t]\ningress-list: [b]"),
        &[
            ("W7 chains.c.tracers:", &["no effect"]),
            ("W8 chains.c.ingress-list:", &["`ingress_lists`"]),
        ],
    );
}

#[test]
fn wrong_types_are_refused_with_their_line() {
    assert_problems("- a\n- b\n", &[("E1 :", &["has to be a mapping, not a list"])]);
    assert_problems("chains: 5\n", &[("E1 chains:", &["mapping, not a number"])]);
    assert_problems(
        "chains:\n  c: text\n",
        &[("E2 chains.c:", &["the chain `c`", "not a text"])],
    );
    assert_problems(
        &with_chain("links: tag\ningress_lists: [1, yes]\nenabled: maybe\ntimeout: soon\nweight: 0"),
        &[
            ("W4 chains.c:", &["no ingress list"]),
            ("E5 chains.c.links:", &["has to be a list, not a text"]),
            ("E6 chains.c.ingress_lists[0]:", &["not a number", "quotes"]),
            ("E6 chains.c.ingress_lists[1]:", &["not a boolean", "quotes"]),
            ("E7 chains.c.enabled:", &["0 or 1"]),
            ("E8 chains.c.timeout:", &["number of seconds"]),
            ("E9 chains.c.weight:", &["1 to 100"]),
        ],
    );
    assert_problems(
        &with_link("module: 5\noptions: [a]"),
        &[
            ("E7 links.x.module:", &["text, not a number"]),
            ("E8 links.x.options:", &["mapping, not a list"]),
        ],
    );
    assert_problems(
        "chains: {c: {links: [], ingress_lists: [i], storages: [a, b]}}\nstorages:\n  a: {options: {}}\n  b: {module: storage.fil}\n  c: {module: storage.file, options: 1}\n  d: {module: storage.mongo}\n",
        &[
            ("E3 storages.a:", &["has no `module`"]),
            ("E4 storages.b.module:", &["did you mean `storage.file`?"]),
            ("E5 storages.c.options:", &["not a number"]),
            ("W6 storages.d.module:", &["not built in", "left out", "storage.s3"]),
        ],
    );
}

#[test]
fn a_storage_that_this_build_left_out_is_not_called_unknown() {
    assert_problems(
        "chains: {c: {links: [], ingress_lists: [i], storages: [rows]}}\nstorages:\n  rows: {module: storage.postgres}\n",
        &[(
            "E3 storages.rows.module:",
            &[
                "this build has no `postgres` storage |",
                "feature `postgres`",
                "built in: storage.file, ",
            ],
        )],
    );
}

#[test]
fn keys_of_partners_are_kept_closed_where_wrong() {
    let text = "ingress_auth:\n  a: key\n  b: [k1, k2, 5]\n  c: 12\n  d:\n";
    assert_problems(
        text,
        &[
            ("W3 ingress_auth.b[2]:", &["quotes"]),
            ("W4 ingress_auth.c:", &["nobody gets in"]),
            ("W5 ingress_auth.d:", &["nothing"]),
        ],
    );
    let auth = good(text).ingress_auth;
    let values: Vec<_> = auth.values().cloned().collect();
    assert_eq!(
        values,
        [
            IngressAuth::Keys(vec!["key".into()]),
            IngressAuth::Keys(vec!["k1".into(), "k2".into()]),
            IngressAuth::Invalid,
            IngressAuth::Invalid
        ]
    );
}

/// The files of the project, as they are delivered.
const FIRST_RUN: &str = include_str!("../../../../../config/vconduit.yml");
const CONSERVER: &str = include_str!("../../../../../config/conserver.yml");

#[test]
fn the_file_of_a_first_run_is_good_without_a_warning() {
    assert!(problems(FIRST_RUN).is_empty(), "{:#?}", problems(FIRST_RUN));
    let config = good(FIRST_RUN);
    let ingress = config.ingress();
    let lists: Vec<&str> = ingress.keys().map(AsRef::as_ref).collect();
    assert_eq!(lists, ["demo", "demo_routed"]);
}

#[test]
fn the_additions_shown_in_comments_are_good_too() {
    // Lines that are commented out and look like YAML: `# key: …`, `# - …`. Sentences begin with an
    // upper-case letter or `(+)`.
    let shown = |line: &str| {
        let rest = line.trim_start().strip_prefix("# ").map(str::trim_start);
        rest.is_some_and(|rest| {
            let word: String = rest
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            rest.starts_with("- ") || (!word.is_empty() && rest[word.len()..].starts_with(':'))
        })
    };
    let text: String = FIRST_RUN
        .lines()
        .map(|line| {
            if shown(line) {
                line.replacen("# ", "", 1) + "\n"
            } else {
                line.to_owned() + "\n"
            }
        })
        .collect();
    assert!(
        text.contains("\n    schedule: ") && text.contains("\n  redact:\n    component:"),
        "{text}"
    );
    assert!(problems(&text).is_empty(), "{:#?}", problems(&text));
    assert_eq!(good(&text).links.len(), good(FIRST_RUN).links.len() + 1);
}

#[test]
fn the_conservers_file_loads_as_it_is() {
    let config = good(CONSERVER);
    assert_eq!(config.chains.len(), 3);
    assert!(!config.chains[&ChainName::new("summary_chain").unwrap()].enabled);
    assert_eq!(config.links.len(), 5, "the link that is not built in is left out");
    let line = |of: &str| CONSERVER.lines().position(|line| line.contains(of)).unwrap() + 1;
    assert_problems(
        CONSERVER,
        &[
            (
                &format!("W{} links.tag.ingress-lists:", line("ingress-lists")),
                &["no effect"],
            ),
            (
                &format!("W{} links.tag.egress-lists:", line("egress-lists")),
                &["no effect"],
            ),
            (
                &format!("W{} links.analyze.module:", line("links.analyze")),
                &["left out"],
            ),
            (
                &format!("W{} links.analyze.pip_name:", line("pip_name")),
                &["no package"],
            ),
        ],
    );
}
