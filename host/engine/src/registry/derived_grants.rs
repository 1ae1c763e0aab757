//! Grants that follow from a link's options, by the annotations in their schema.
//!
//! Guarantee: nothing is granted that the options do not name. A pure function; who may be granted this way is decided in `reach`.

use std::collections::HashSet;
use std::hash::Hash;

use serde_json::{Map, Value};

use super::annotations::{GRANT, GRANT_HOSTS, texts};
use vconduit_base::names::{ListName, SecretName};
use vconduit_config::host;
use vconduit_policy::Grants;
use vconduit_policy::grants::HostGrant;

/// A schema may refer to itself; no schema of options is deeper.
const MAX_DEPTH: usize = 64;

/// Grants that follow from options.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Derived {
    /// What the options name, each once, in the order of the options.
    pub(super) grants: Grants,
    /// Texts that should be the URL of a service and are not.
    pub(super) unusable: Vec<Unusable>,
}

/// A text that should be the URL of a service and is not.
#[derive(Debug, PartialEq)]
pub(super) struct Unusable {
    /// Name of the option that it is in.
    pub(super) option: String,
    /// Its place in the options, for example `urls[2]`.
    pub(super) at: String,
}

/// The grants that follow from these options.
pub(super) fn derive(schema: &Value, options: &Map<String, Value>) -> Derived {
    let mut walk = Walk {
        root: schema,
        options,
        option: "",
        derived: Derived::default(),
    };
    for (name, value) in options {
        if let Some(member) = member(schema, name) {
            walk.option = name;
            walk.visit(member, value, name, MAX_DEPTH);
        }
    }
    let mut derived = walk.derived;
    without_repeats(&mut derived.grants);
    derived
}

/// Removes what is granted twice.
pub(super) fn without_repeats(grants: &mut Grants) {
    fn once<T, K: Eq + Hash>(values: &mut Vec<T>, key: impl Fn(&T) -> K) {
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(key(value)));
    }
    once(&mut grants.http, |grant| {
        (grant.host.clone(), grant.port, grant.private)
    });
    once(&mut grants.secrets, SecretName::clone);
    once(&mut grants.queues, String::clone);
}

struct Walk<'a> {
    root: &'a Value,
    options: &'a Map<String, Value>,
    /// Name of the option that is visited.
    option: &'a str,
    derived: Derived,
}

impl Walk<'_> {
    /// Goes through a value together with its schema.
    fn visit(&mut self, schema: &Value, value: &Value, at: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for kind in texts(schema, GRANT) {
            self.grant(kind, value, at);
        }
        self.grant_hosts(schema, value);
        if let Some(referred) = referred(self.root, schema) {
            self.visit(referred, value, at, depth);
        }
        for combined in ["allOf", "anyOf", "oneOf"] {
            for branch in elements(schema, combined) {
                self.visit(branch, value, at, depth);
            }
        }
        match value {
            Value::Array(values) => {
                let Some(schema) = schema.get("items") else { return };
                for (index, value) in values.iter().enumerate() {
                    self.visit(schema, value, &format!("{at}[{index}]"), depth);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    if let Some(schema) = member(schema, name) {
                        self.visit(schema, value, &format!("{at}.{name}"), depth);
                    }
                }
            }
            _ => {}
        }
    }

    /// Grants what the texts in a value name.
    fn grant(&mut self, kind: &str, value: &Value, at: &str) {
        match value {
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => self.grant_text(kind, text, at),
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.grant(kind, value, &format!("{at}[{index}]"));
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    self.grant(kind, value, &format!("{at}.{name}"));
                }
            }
            _ => {}
        }
    }

    fn grant_text(&mut self, kind: &str, text: &str, at: &str) {
        let Derived { grants, unusable } = &mut self.derived;
        match kind {
            "http" => match of_url(text) {
                Some(grant) => grants.http.push(grant),
                None => unusable.push(Unusable {
                    option: self.option.to_owned(),
                    at: at.to_owned(),
                }),
            },
            "secret" => grants.secrets.extend(secrets(text)),
            "queue" => grants.queues.extend(exact_queue(text)),
            _ => {}
        }
    }

    /// Grants the hosts that a text stands for.
    fn grant_hosts(&mut self, schema: &Value, value: &Value) {
        if value.as_str().is_none_or(str::is_empty) {
            return;
        }
        for template in texts(schema, GRANT_HOSTS) {
            let host = filled(template, |name| self.text(name)).and_then(|host| public_host(&host));
            self.derived.grants.http.extend(host);
        }
    }

    /// An option that is a text. Its default stands in for an empty one.
    fn text(&self, name: &str) -> Option<&str> {
        let given = self.options.get(name).and_then(Value::as_str);
        let default = || member(self.root, name)?.get("default")?.as_str();
        given.filter(|text| !text.is_empty()).or_else(default)
    }
}

/// The schema that a local reference leads to.
fn referred<'a>(root: &'a Value, schema: &Value) -> Option<&'a Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

/// The schema of a member.
fn member<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let named = schema.get("properties").and_then(|members| members.get(name));
    named.or_else(|| schema.get("additionalProperties"))
}

fn elements<'a>(schema: &'a Value, keyword: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

/// The operator wrote this very address, so where it leads is meant, private networks included.
fn of_url(url: &str) -> Option<HostGrant> {
    let found = host::of_url(url)?;
    Some(HostGrant {
        host: found.host,
        port: found.port,
        private: true,
    })
}

fn public_host(text: &str) -> Option<HostGrant> {
    let found = host::parse(text).ok().filter(|found| !found.host.contains('*'))?;
    Some(HostGrant {
        host: found.host,
        port: found.port,
        private: false,
    })
}

/// A template with every `{name}` filled in. Nothing where a name has no value.
fn filled<'a>(template: &str, value: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(value(name)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// A `*` in the name of a list must not turn it into a pattern.
fn exact_queue(name: &str) -> Option<String> {
    let name = ListName::new(name).ok().filter(|_| !name.ends_with('*'));
    name.map(String::from)
}

/// The names in `{{secret:NAME}}`.
fn secrets(text: &str) -> impl Iterator<Item = SecretName> {
    let parts = text.split("{{secret:").skip(1).filter_map(|rest| rest.split_once("}}"));
    parts.filter_map(|(name, _)| SecretName::new(name.trim()).ok())
}

#[cfg(test)]
mod tests {
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
}
