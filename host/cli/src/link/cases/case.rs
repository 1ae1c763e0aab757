//! A test case as authors write it in JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A test case of a link: a vCon, and the expected result.
///
/// Unknown members are refused: with a mistyped member something would stay unchecked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Identifies the case in reports.
    pub id: String,
    /// Note for readers.
    #[serde(default)]
    pub note: String,
    /// `must`, or `quirk` for behaviour that another implementation may change on purpose.
    #[serde(default)]
    pub level: String,
    /// Name of a standard link. Absent in an author's own project.
    pub link: Option<String>,
    /// Name of the link in the configuration. Default: `link`, or else the component's own name.
    pub link_name: Option<String>,
    /// Id of the vCon. Default: the `uuid` of `input_vcon`.
    pub vcon_uuid: Option<String>,
    /// Options that override the link's defaults. Addresses of expected requests are replaced by
    /// local ones.
    pub options: Option<Map<String, Value>>,
    /// The document before the call. Absent or null: the store has none.
    pub input_vcon: Option<Value>,
    /// The link's surroundings.
    #[serde(default)]
    pub host: HostState,
    /// Grants. Default: those that the link needs.
    pub grants: Option<Map<String, Value>>,
    /// Limits that override the defaults.
    #[serde(default)]
    pub limits: Map<String, Value>,
    /// Secrets by name.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// The expected result.
    pub expect: Expect,
}

/// Time, random numbers and services of a case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostState {
    /// Time in seconds since the Unix epoch. Default: 1,700,000,000.
    pub now_unix: Option<u64>,
    /// The random number, from 0 to 100. Default: 12.
    pub uniform_0_100: Option<f64>,
    /// Responses of services, in the order of the requests. Later requests get 200 with `{}`.
    pub http_responses: Vec<ServiceResponse>,
}

/// A response of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceResponse {
    /// HTTP status.
    pub status: u16,
    /// Body. Default: null.
    #[serde(default)]
    pub json: Value,
}

/// The expected result of a case.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Id of the vCon that the chain continues with, or null when it ends. Not compared if absent.
    #[serde(deserialize_with = "present")]
    pub returns: Option<Value>,
    /// The link has to fail, with a message that contains the text of `contains`.
    pub error: Option<Value>,
    /// True if the document has to be written. Not compared if absent.
    pub stored: Option<bool>,
    /// The whole document after the call. Not compared if absent.
    pub vcon: Option<Value>,
    /// Ids pushed to lists, in order: `[list, id]`.
    pub enqueued: Vec<(String, String)>,
    /// Lifetimes set, in order: `[id, seconds]`.
    pub ttl: Vec<(String, i64)>,
    /// Sleeps in seconds, in order. Not compared if absent.
    pub slept: Option<Vec<f64>>,
    /// Requests, in order, each with `method`, `url` and `json`.
    pub http: Vec<Value>,
    /// Counted metrics. Not compared if absent.
    pub counters: Option<Vec<Value>>,
    /// Checks of an SDK helper. A case with checks is not for a link and is skipped.
    pub checks: Option<Value>,
}

/// A member that is present, even as null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Case {
    /// Reads the text of a file: one case, or a list of cases.
    ///
    /// # Errors
    /// When the text is not JSON of this form. The error names the line.
    pub fn read(text: &str) -> Result<Vec<Self>, serde_json::Error> {
        match text.trim_start().starts_with('[') {
            true => serde_json::from_str(text),
            false => serde_json::from_str(text).map(|case| vec![case]),
        }
    }

    /// Name of the standard link; empty in an author's own project.
    #[must_use]
    pub fn link(&self) -> &str {
        self.link.as_deref().unwrap_or_default()
    }

    /// True when it is for an SDK helper, not for a link.
    #[must_use]
    pub fn is_for_a_helper(&self) -> bool {
        self.expect.checks.is_some()
    }

    /// Id of the vCon, if the case names one.
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
    fn an_absent_member_differs_from_null() {
        let read = |text| Case::read(text).unwrap().remove(0).expect.returns;
        assert_eq!(read(r#"{"id": "a", "expect": {}}"#), None);
        assert_eq!(read(r#"[{"id": "a", "expect": {"returns": null}}]"#), Some(Value::Null));
    }
}
