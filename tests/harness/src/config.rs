//! Configurations for tests. They are JSON, which is valid YAML.

use serde_json::{Value, json};

/// A configuration with these links and chains: objects by name.
#[must_use]
pub fn config(links: &Value, chains: &Value) -> String {
    json!({"links": links, "chains": chains}).to_string()
}

/// A chain with one link, from the list `list` to the list `{list}_out`.
#[must_use]
pub fn chain_of(link: &str, list: &str) -> Value {
    json!({"links": [link], "ingress_lists": [list], "egress_lists": [format!("{list}_out")]})
}

/// The grant for requests to a service on this machine. `url` begins with `http://`.
#[must_use]
pub fn grant_of(url: &str) -> Value {
    json!({"http": [{"host": authority(url), "private": true}]})
}

/// Host and port of an `http://` URL.
#[must_use]
pub fn authority(url: &str) -> &str {
    url.trim_start_matches("http://")
}
