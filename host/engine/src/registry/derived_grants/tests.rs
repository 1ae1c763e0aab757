//! Tests of the grants that follow from the options of a link.

use serde_json::json;

use super::*;

fn schema() -> Value {
    let text = json!({"type": "string"});
    json!({
        "properties": {
            "url": {"type": "string", "x-vcon-grant": "http"},
            "urls": {"type": "array", "items": {"type": "string", "x-vcon-grant": "http"}},
            "headers": {"type": "object", "additionalProperties": {"type": "string", "x-vcon-grant": "secret"}},
            "routes": {"type": "object", "additionalProperties": {"type": "string", "x-vcon-grant": "queue"}},
            "whole": {"type": "object", "x-vcon-grant": ["http", "secret"]},
            "targets": {"type": "array", "items": {"$ref": "#/$defs/Target"}},
            "either": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Target"}]},
            "bucket": {"type": "string", "x-vcon-grant-hosts": ["{bucket}.s3.{region}.example.com", "s3.{nothing}.example.com", "s3.example.com"]},
            "region": {"type": "string", "default": "north"},
            "plain": text,
            "later": {"type": "string", "x-vcon-grant": "teleport"},
            "loop": {"$ref": "#/properties/loop"},
        },
        "$defs": {"Target": {"properties": {"address": {"x-vcon-grant": "http"}, "next": {"$ref": "#/$defs/Target"}}}},
    })
}

fn derived(options: Value) -> Derived {
    derive(&schema(), options.as_object().unwrap())
}

/// `host:port`, with `!` for one that may be private.
fn hosts(grants: &Grants) -> Vec<String> {
    let shown = |grant: &HostGrant| {
        let port = grant.port.map(|port| format!(":{port}")).unwrap_or_default();
        let private = if grant.private { "!" } else { "" };
        format!("{}{port}{private}", grant.host)
    };
    grants.http.iter().map(shown).collect()
}

#[test]
fn hosts_follow_from_urls_wherever_the_schema_has_them() {
    for (options, expected) in [
        (json!({"url": "https://A.com/x"}), &["a.com!"][..]),
        (json!({"url": "http://127.0.0.1:8099/h"}), &["127.0.0.1:8099!"]),
        (json!({"url": ""}), &[]),
        (json!({"url": 5}), &[]),
        (json!({"plain": "https://a.com"}), &[]),
        (json!({"unknown": "https://a.com"}), &[]),
        (json!({"later": "https://a.com"}), &[]),
        (json!({"loop": "https://a.com"}), &[]),
        (
            json!({"urls": ["https://b.com", "https://a.com/1", "https://a.com/2"]}),
            &["b.com!", "a.com!"],
        ),
        (
            json!({"targets": [{"address": "https://t.com", "next": {"address": "https://n.com"}}]}),
            &["t.com!", "n.com!"],
        ),
        (json!({"either": {"address": "https://e.com"}}), &["e.com!"]),
        (json!({"whole": {"a": {"b": ["https://w.com"]}}}), &["w.com!"]),
    ] {
        let derived = derived(options.clone());
        assert_eq!(hosts(&derived.grants), expected, "{options}");
        assert_eq!(derived.unusable, [], "{options}");
    }
}

#[test]
fn a_url_that_names_no_host_is_told_by_its_place() {
    let derived = derived(
        json!({"url": "ftp://a.com", "urls": ["https://a.com", "nonsense", ""], "targets": [{"address": "x"}]}),
    );
    assert_eq!(hosts(&derived.grants), ["a.com!"]);
    let unusable = derived.unusable.iter();
    let places: Vec<_> = unusable.map(|one| (one.option.as_str(), one.at.as_str())).collect();
    assert_eq!(
        places,
        [("url", "url"), ("urls", "urls[1]"), ("targets", "targets[0].address")]
    );
}

#[test]
fn hosts_of_a_template_are_filled_in_and_never_private() {
    for (options, expected) in [
        (
            json!({"bucket": "b", "region": "south"}),
            &["b.s3.south.example.com", "s3.example.com"][..],
        ),
        (json!({"bucket": "b"}), &["b.s3.north.example.com", "s3.example.com"]),
        (
            json!({"bucket": "b", "region": ""}),
            &["b.s3.north.example.com", "s3.example.com"],
        ),
        (json!({"bucket": "*"}), &["s3.example.com"]),
        (json!({"bucket": "a/b"}), &["s3.example.com"]),
        (json!({"bucket": "", "region": "south"}), &[]),
        (json!({"region": "south"}), &[]),
    ] {
        assert_eq!(hosts(&derived(options.clone()).grants), expected, "{options}");
    }
}

#[test]
fn secrets_are_those_that_an_annotated_text_refers_to() {
    let options = json!({
        "headers": {"a": "Bearer {{secret:one}} {{secret: two }}", "b": "{{secret:one}}", "c": "{{secret:", "d": "{{secret:}}"},
        "whole": {"deep": ["{{secret:three}}"]},
        "plain": "{{secret:four}}",
    });
    let secrets = derived(options).grants.secrets;
    let names: Vec<&str> = secrets.iter().map(SecretName::as_str).collect();
    assert_eq!(names, ["one", "two", "three"]);
}

#[test]
fn a_list_is_granted_by_its_exact_name() {
    let queues = derived(json!({"routes": {"a": "one", "b": "two", "c": "one", "d": "x*", "e": ""}}))
        .grants
        .queues;
    assert_eq!(queues, ["one", "two"]);
}
