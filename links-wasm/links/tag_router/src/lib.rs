//! Pushes the vCon to the list of each of its tags that has a route. The vCon is not changed.

mod names;

use names::TagNames;
use serde::de::Deserializer;
use serde_json::Value;
use std::collections::BTreeMap;
use vcon_link::prelude::*;
use vcon_link::{json, metrics, queues};

const MATCHED: &str = "conserver.link.tag_router.routes_matched";
const ROUTED: &str = "conserver.link.tag_router.routed_count";

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Lists by tag name. Without routes the chain continues with any `forward_original`.
    tag_routes: BTreeMap<String, QueueName>,
    /// True: the chain continues. False: it ends.
    #[serde(deserialize_with = "truthy")]
    forward_original: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tag_routes: BTreeMap::new(),
            forward_original: true,
        }
    }
}

vcon_link::link! {
    name: "tag_router",
    summary: "Pushes the vCon to other lists by its tags.",
    options: Options,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    if !vcon.exists() {
        return Ok(Outcome::Stop("the vCon does not exist".into()));
    }
    if options.tag_routes.is_empty() {
        return Ok(Outcome::Next);
    }
    let names = tag_names(vcon)?;
    let routes: Vec<_> = names.iter().filter_map(|name| options.tag_routes.get(name)).collect();
    let id = vcon.uuid();
    for route in &routes {
        queues::push(route, &id)?;
        metrics::count_by(MATCHED, 1, &[("route", route)]);
    }
    if !routes.is_empty() {
        metrics::count(ROUTED);
    }
    Ok(match options.forward_original {
        true => Outcome::Next,
        false => Outcome::Stop("routed".into()),
    })
}

/// Returns the names of the tags in every tags attachment, in document order, duplicates kept.
fn tag_names(vcon: &Vcon) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for index in 0..vcon.length("/attachments")?.unwrap_or(0) {
        let at = format!("/attachments/{index}");
        if !is_tags(vcon, &at)? {
            continue;
        }
        if let Some(body) = vcon.get_json(&format!("{at}/body"))? {
            let encoding: Option<Value> = vcon.get(&format!("{at}/encoding"))?;
            names.extend(names_in(&body, encoding.as_ref().and_then(Value::as_str))?);
        }
    }
    Ok(names)
}

fn is_tags(vcon: &Vcon, at: &str) -> Result<bool, Failure> {
    let purpose: Option<Value> = vcon.get(&format!("{at}/purpose"))?;
    let kind = match purpose {
        None | Some(Value::Null) => vcon.get(&format!("{at}/type"))?,
        given => given,
    };
    Ok(kind.as_ref().and_then(Value::as_str) == Some("tags"))
}

fn names_in(body: &str, encoding: Option<&str>) -> Result<Vec<String>, Failure> {
    let not_json = |_| Failure::vcon("the body of a tags attachment has encoding json and is not JSON");
    let is_text = body.trim_start().starts_with('"');
    let TagNames(names) = match encoding {
        Some("json") if is_text => json::read(&json::read::<String>(body)?).map_err(not_json)?,
        _ => json::read(body)?,
    };
    Ok(names)
}

/// Reads the truth of a value as in Python: zero and empty values are false.
fn truthy<'de, D: Deserializer<'de>>(given: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(given)? {
        Value::Null => false,
        Value::Bool(yes) => yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_may_be_json_text_or_json() {
        let expected = ["a", "b"];
        assert_eq!(names_in(r#""[\"a:1\", \"b:\"]""#, Some("json")).unwrap(), expected);
        assert_eq!(names_in(r#"["a:1", "b:"]"#, Some("none")).unwrap(), expected);
        assert_eq!(names_in(r#"{"a": 1, "b": 2}"#, None).unwrap(), expected);
    }

    #[test]
    fn text_that_claims_no_encoding_has_no_tags() {
        assert!(names_in(r#""[\"a:1\"]""#, None).unwrap().is_empty());
    }

    #[test]
    fn text_that_claims_to_be_json_has_to_be() {
        assert!(names_in(r#""a:1""#, Some("json")).is_err());
    }

    #[test]
    fn the_flag_is_read_as_in_python() {
        let flag = |text: &str| serde_json::from_str::<Options>(text).unwrap().forward_original;
        assert!(flag("{}") && flag(r#"{"forward_original":"no"}"#) && flag(r#"{"forward_original":1}"#));
        assert!(!flag(r#"{"forward_original":0}"#) && !flag(r#"{"forward_original":null}"#));
    }
}
