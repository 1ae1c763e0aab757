//! A case as written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// What a link has to do with a vCon. A member that is not known is refused: mistyped, it would leave something unchecked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is called.
    pub id: String,
    /// What it is about.
    #[serde(default)]
    pub note: String,
    /// `must`, or `quirk`: what another implementation may do otherwise on purpose.
    #[serde(default)]
    pub level: String,
    /// Name of the standard link that it is about; absent in an author's own project.
    pub link: Option<String>,
    /// The link's name in the configuration; absent: `link`, or the component's own name.
    pub link_name: Option<String>,
    /// The vCon's id; absent: the `uuid` of `input_vcon`.
    pub vcon_uuid: Option<String>,
    /// Options over the link's defaults. Addresses of services that requests are expected to are replaced by local ones.
    pub options: Option<Map<String, Value>>,
    /// The document before the call; absent or null: there is none.
    pub input_vcon: Option<Value>,
    /// Time, chance and services.
    #[serde(default)]
    pub host: HostState,
    /// Grants other than those that the link asks for.
    pub grants: Option<Map<String, Value>>,
    /// Limits other than the defaults.
    #[serde(default)]
    pub limits: Map<String, Value>,
    /// Secrets by name.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// What has to come out.
    pub expect: Expect,
}

/// Time, chance and services.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostState {
    /// The time, in seconds since the Unix epoch; absent: 1,700,000,000.
    pub now_unix: Option<u64>,
    /// What the dice show, evenly distributed from 0 to 100; absent: 12.
    pub uniform_0_100: Option<f64>,
    /// What services answer, in the order of the requests; then 200 with `{}`.
    pub http_responses: Vec<Answer>,
}

/// What a service answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    #[serde(default)]
    pub json: Value,
}

/// What has to come out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// The id of the vCon that the chain goes on with; null: it ends. Not compared where it is absent.
    #[serde(deserialize_with = "given")]
    pub returns: Option<Value>,
    /// The link has to fail, with a message that holds `contains`.
    pub error: Option<Value>,
    /// Whether the document was written. Not compared where it is absent.
    pub stored: Option<bool>,
    /// The document after the call, whole. Not compared where it is absent.
    pub vcon: Option<Value>,
    /// Ids pushed to lists, in order: `[list, id]`.
    pub enqueued: Vec<(String, String)>,
    /// Lifetimes set, in order: `[id, seconds]`.
    pub ttl: Vec<(String, i64)>,
    /// Seconds slept, in order. Not compared where it is absent.
    pub slept: Option<Vec<f64>>,
    /// Requests sent, in order: method, url, json.
    pub http: Vec<Value>,
    /// Metrics counted. Not compared where it is absent.
    pub counters: Option<Vec<Value>>,
    /// Checks of a helper of the SDK. A case with them is not about a link and can't be run here.
    pub checks: Option<Value>,
}

/// A member that is there, even as null.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Case {
    /// The cases in a file: one, or a list of them.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn read(text: &str) -> Result<Vec<Self>, serde_json::Error> {
        match text.trim_start().starts_with('[') {
            true => serde_json::from_str(text),
            false => serde_json::from_str(text).map(|case| vec![case]),
        }
    }

    /// Name of the standard link that it is about; empty in an author's own project.
    #[must_use]
    pub fn link(&self) -> &str {
        self.link.as_deref().unwrap_or_default()
    }

    /// Whether it is for a helper of the SDK rather than for a link.
    #[must_use]
    pub fn is_for_a_helper(&self) -> bool {
        self.expect.checks.is_some()
    }

    pub(super) fn id_of_vcon(&self) -> Option<&str> {
        let own = || self.input_vcon.as_ref()?.get("uuid")?.as_str();
        self.vcon_uuid.as_deref().or_else(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_member_is_refused_with_its_line() {
        let text = "{\"id\": \"a\",\n \"input_vcon\": null,\n \"expect\": {\"return\": null}}";
        let error = Case::read(text).unwrap_err().to_string();
        assert!(error.contains("`return`") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn what_is_absent_is_told_from_null() {
        let read = |text| Case::read(text).unwrap().remove(0).expect.returns;
        assert_eq!(read(r#"{"id": "a", "expect": {}}"#), None);
        assert_eq!(read(r#"[{"id": "a", "expect": {"returns": null}}]"#), Some(Value::Null));
    }
}
