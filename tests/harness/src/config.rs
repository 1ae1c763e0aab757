//! Configurations as tests write them: JSON, which is YAML as well.

use serde_json::{Value, json};

/// A configuration of these links and chains, each an object by name.
#[must_use]
pub fn config(links: &Value, chains: &Value) -> String {
    json!({"links": links, "chains": chains}).to_string()
}

/// A chain of one link, from the list `list` to the list `{list}_out`.
#[must_use]
pub fn chain_of(link: &str, list: &str) -> Value {
    json!({"links": [link], "ingress_lists": [list], "egress_lists": [format!("{list}_out")]})
}

/// The grant to call the service at this `http://` URL on this machine.
#[must_use]
pub fn grant_of(url: &str) -> Value {
    json!({"http": [{"host": authority(url), "private": true}]})
}

/// Address and port of an `http://` URL.
#[must_use]
pub fn authority(url: &str) -> &str {
    url.trim_start_matches("http://")
}
