//! Options: defaults, old names, secrets, and the problems of wrong ones.

use serde_json::json;

use super::{OptionProblem, try_build};

fn problems(module: &str, given: serde_json::Value) -> Vec<OptionProblem> {
    try_build(module, given, None).map(|_| ()).unwrap_err()
}

fn warnings(module: &str, given: serde_json::Value) -> Vec<String> {
    try_build(module, given, Some("redis://127.0.0.1"))
        .unwrap()
        .1
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn an_unknown_module_names_those_that_exist() {
    let problems = problems("storage.mongo", json!({}));
    assert_eq!(problems[0].option, "");
    for name in [
        "storage.mongo",
        "storage.file",
        "storage.redis_storage",
        "storage.webhook",
        "storage.s3",
        "storage.postgres",
    ] {
        assert!(problems[0].message.contains(name), "{name}");
    }
}

#[test]
fn defaults_lie_under_what_is_given() {
    for module in [
        "storage.file",
        "file",
        "storage.redis_storage",
        "storage.postgres",
        "postgres",
    ] {
        assert!(warnings(module, json!({})).is_empty(), "{module}");
    }
    assert!(warnings("s3", json!({"aws_bucket": "b", "aws_region": null, "s3_path": ""})).is_empty());
}

#[test]
fn unknown_options_get_the_nearest_name() {
    let warned = warnings("file", json!({"organise_by_date": true, "colour": 1}));
    assert_eq!(
        warned,
        [
            "option \"organise_by_date\": is not known and does nothing, did you mean \"organize_by_date\"?",
            "option \"colour\": is not known and does nothing"
        ]
    );
}

#[test]
fn old_names_work_and_the_real_one_wins() {
    let warned = warnings("s3", json!({"bucket": "b", "region": "eu-west-1", "prefix": "p"}));
    assert_eq!(warned.len(), 3);
    assert!(warned[0].contains("aws_bucket"), "{warned:?}");
    let warned = warnings("postgres", json!({"table": "a", "table_name": "b"}));
    assert!(warned[0].contains("given too"), "{warned:?}");
}

#[test]
fn every_mistake_is_named_and_no_value_is_shown() {
    let given = json!({"password": 12345678, "port": "s3cr3t", "database": ["s3cr3t"], "pool_size": 0, "user": "{{secret:NOBODY}}"});
    let found = problems("postgres", given);
    let mut names: Vec<&str> = found.iter().map(|problem| problem.option.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["database", "password", "pool_size", "port", "user"]);
    let text = format!("{found:?}");
    assert!(!text.contains("12345678") && !text.contains("s3cr3t"), "{text}");
    assert!(text.contains("NOBODY"));
}

#[test]
fn an_option_that_an_adapter_needs_is_reported_as_missing_or_wrong() {
    assert_eq!(problems("s3", json!({}))[0].option, "aws_bucket");
    assert_eq!(
        problems("s3", json!({"aws_bucket": "b", "aws_access_key_id": "x"}))[0].option,
        "aws_secret_access_key"
    );
    assert_eq!(problems("redis_storage", json!({}))[0].option, "redis_url");
    assert_eq!(
        problems("redis_storage", json!({"redis_url": "nonsense s3cr3t"}))[0].option,
        "redis_url"
    );
    assert_eq!(
        problems("redis_storage", json!({"redis_url": "redis://h", "expires": 0}))[0].option,
        "expires"
    );
    assert_eq!(
        problems("webhook", json!({"webhook-urls": ["ftp://x"]}))[0].option,
        "webhook-urls"
    );
    assert_eq!(
        problems("webhook", json!({"headers": {"bad name": "x"}}))[0].option,
        "headers"
    );
    assert_eq!(
        problems("s3", json!({"aws_bucket": "b", "endpoint_url": "http://u:p@h"}))[0].option,
        "endpoint_url"
    );
    assert_eq!(
        problems("s3", json!({"aws_bucket": "b", "s3_path": "a/../b"}))[0].option,
        "s3_path"
    );
}

#[test]
fn an_unknown_egress_format_is_refused_before_a_save() {
    for module in ["s3", "postgres"] {
        let given = json!({"aws_bucket": "b", "egress_format_version": "9.9"});
        assert_eq!(problems(module, given)[0].option, "egress_format_version");
    }
}
