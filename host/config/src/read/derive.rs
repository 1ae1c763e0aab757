//! The grants of a standard link that has none written: what its own options name.
//!
//! Guarantee: nothing is granted that the operator did not write into the options.

use std::collections::HashSet;
use std::fmt::Debug;

use serde_json::{Map, Value};

use super::Problems;
use super::chains;
use super::host;
use super::links;
use crate::ComponentSource;
use crate::yaml::{Kind, Node};
use vconduit_base::names::{ListName, SecretName};
use vconduit_base::secret_ref;
use vconduit_policy::Grants;
use vconduit_policy::grants::HostGrant;

/// The grants that follow from a standard link's options.
pub(super) fn grants(module: &str, options: &Map<String, Value>) -> Grants {
    let mut grants = Grants::default();
    match module {
        "webhook" => {
            let urls = options
                .get("webhook-urls")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            grants.http = urls.filter_map(Value::as_str).filter_map(of_url).collect();
            grants.secrets = secrets_in(options);
        }
        "diet" => {
            grants.http = text(options, "post_media_to_url")
                .and_then(of_url)
                .into_iter()
                .collect();
            grants.http.extend(s3_hosts(options));
            grants.secrets = secrets_in(options);
        }
        "tag_router" => {
            let routes = options
                .get("tag_routes")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::values);
            grants.queues = routes.filter_map(Value::as_str).filter_map(exact_queue).collect();
        }
        "expire_vcon" => grants.expire = true,
        _ => {}
    }
    without_repeats(grants)
}

/// Adds what the options of a link's places in enabled chains name.
pub(super) fn widen_for_places(links: &mut [links::Draft], chains: &[chains::Draft]) {
    let places = chains
        .iter()
        .filter(|draft| draft.chain.enabled)
        .flat_map(|draft| &draft.chain.links);
    for place in places.filter(|place| !place.options.is_empty()) {
        let Some(draft) = links
            .iter_mut()
            .find(|draft| draft.name == place.name && draft.grants_follow)
        else {
            continue;
        };
        let ComponentSource::Standard(module) = &draft.link.component else {
            continue;
        };
        let mut options = draft.link.options.clone();
        options.extend(place.options.clone());
        let more = grants(module, &options);
        let all = &mut draft.link.grants;
        all.http.extend(more.http);
        all.secrets.extend(more.secrets);
        all.queues.extend(more.queues);
        *all = without_repeats(std::mem::take(all));
    }
}

/// Warns about addresses in the options that no grant can follow from.
pub(super) fn report_unusable(module: &str, options: &Node, path: &str, problems: &mut Problems) {
    let Kind::Map(entries) = &options.kind else { return };
    for entry in entries {
        let urls: Vec<&Node> = match (module, entry.key.as_str(), &entry.value.kind) {
            ("webhook", "webhook-urls", Kind::List(urls)) => urls.iter().collect(),
            ("diet", "post_media_to_url", _) => vec![&entry.value],
            _ => continue,
        };
        for url in urls
            .into_iter()
            .filter(|url| url.as_text().is_some_and(|text| !text.is_empty()))
        {
            if url.as_text().and_then(of_url).is_none() {
                let message = format!("`{}` is not an http or https URL; nothing can be sent to it", entry.key);
                problems.warn(
                    url.place,
                    &format!("{path}.{}", entry.key),
                    message,
                    "write it as https://host/path",
                );
            }
        }
    }
}

fn of_url(url: &str) -> Option<HostGrant> {
    let found = host::of_url(url)?;
    // The operator wrote this very address, so where it leads is meant, private networks included.
    Some(HostGrant {
        host: found.host,
        port: found.port,
        private: true,
    })
}

fn s3_hosts(options: &Map<String, Value>) -> Vec<HostGrant> {
    let Some(bucket) = text(options, "s3_bucket").filter(|bucket| !bucket.is_empty()) else {
        return Vec::new();
    };
    let region = text(options, "aws_region")
        .filter(|region| !region.is_empty())
        .unwrap_or("us-east-1");
    let hosts = [
        format!("{bucket}.s3.{region}.amazonaws.com"),
        format!("s3.{region}.amazonaws.com"),
        format!("{bucket}.s3.amazonaws.com"),
        "s3.amazonaws.com".to_owned(),
    ];
    let usable = hosts
        .into_iter()
        .filter_map(|host| host::parse(&host).ok())
        .filter(|found| !found.host.contains('*'));
    usable
        .map(|found| HostGrant {
            host: found.host,
            port: found.port,
            private: false,
        })
        .collect()
}

/// A route leads to exactly one list; a `*` in its name must not turn it into a pattern.
fn exact_queue(name: &str) -> Option<String> {
    ListName::new(name)
        .ok()
        .filter(|_| !name.ends_with('*'))
        .map(String::from)
}

fn text<'a>(options: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    options.get(key).and_then(Value::as_str)
}

/// The names in `{{secret:NAME}}`, wherever they stand.
fn secrets_in(options: &Map<String, Value>) -> Vec<SecretName> {
    let mut found = Vec::new();
    options.values().for_each(|value| collect_secrets(value, &mut found));
    found
}

fn collect_secrets(value: &Value, found: &mut Vec<SecretName>) {
    match value {
        Value::String(text) => {
            found.extend(secret_ref::names(text).filter_map(|name| SecretName::new(name).ok()));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_secrets(value, found)),
        Value::Object(members) => members.values().for_each(|value| collect_secrets(value, found)),
        _ => {}
    }
}

fn without_repeats(mut grants: Grants) -> Grants {
    fn once<T: Debug>(values: &mut Vec<T>) {
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(format!("{value:?}")));
    }
    once(&mut grants.http);
    once(&mut grants.secrets);
    once(&mut grants.queues);
    grants
}
