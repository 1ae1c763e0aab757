//! Grants that follow from a link's options, by the annotations in their schema.
//!
//! Guarantee: only names in the options are granted. This is a pure function. `reach` decides which
//! links get such grants.

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
    /// The grants of the options, each once, in the order of the options.
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
    /// Visits a value together with its schema.
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

    /// Grants the hosts of a text.
    fn grant_hosts(&mut self, schema: &Value, value: &Value) {
        if value.as_str().is_none_or(str::is_empty) {
            return;
        }
        for template in texts(schema, GRANT_HOSTS) {
            let host = filled(template, |name| self.text(name)).and_then(|host| public_host(&host));
            self.derived.grants.http.extend(host);
        }
    }

    /// An option that is a text. If it is empty, its default is used.
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
mod tests;
