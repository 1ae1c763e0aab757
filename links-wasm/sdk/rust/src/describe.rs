//! What a link says about itself follows from its types: no second list of options that could disagree.

use crate::bindings::link::vcon::link::outcomes::Description;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// The description of a link whose options are `T`. `needs` is what it asks to be granted, as JSON text; an empty
/// text asks for nothing.
pub fn description<T: JsonSchema>(name: &str, version: &str, summary: &str, needs: &str) -> Description {
    let schema = schemars::schema_for!(T).to_value();
    Description {
        name: name.to_owned(),
        version: version.to_owned(),
        summary: summary.to_owned(),
        defaults: defaults(&schema).to_string(),
        options_schema: schema.to_string(),
        needs: if needs.is_empty() { "{}" } else { needs }.to_owned(),
    }
}

/// The default of each member that has one. `#[serde(default)]` is what puts it into the schema.
fn defaults(schema: &Value) -> Value {
    let members = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let with_default = members.filter_map(|(name, member)| Some((name.clone(), member.get("default")?.clone())));
    Value::Object(with_default.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The options of a sample.
    #[derive(serde::Deserialize, JsonSchema)]
    #[serde(default)]
    #[allow(dead_code)]
    struct Sample {
        /// How many.
        count: u32,
        label: Option<String>,
    }

    impl Default for Sample {
        fn default() -> Self {
            Self { count: 7, label: None }
        }
    }

    #[derive(serde::Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Required {
        seconds: i64,
    }

    #[test]
    fn schema_and_defaults_come_from_the_type() {
        let description = description::<Sample>("sample", "1.2.3", "A sample.", "{}");
        let schema: Value = serde_json::from_str(&description.options_schema).unwrap();
        assert_eq!(schema["properties"]["count"]["description"], "How many.");
        let defaults: Value = serde_json::from_str(&description.defaults).unwrap();
        assert_eq!(defaults, json!({"count": 7, "label": null}));
    }

    #[test]
    fn a_member_without_default_is_not_in_the_defaults() {
        let description = description::<Required>("required", "1.0.0", "", "{}");
        assert_eq!(description.defaults, "{}");
        assert_eq!(description.needs, "{}", "a link that asks for nothing says so in JSON");
    }
}
