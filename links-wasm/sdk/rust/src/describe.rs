//! The description of a link, made from its types. No second list of options could disagree with
//! them.

use crate::annotations::{MODULES, REUSE};
use crate::bindings::link::vcon::link::outcomes::Description;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// Members of the macros for the description.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    /// The link's name.
    pub name: &'static str,
    /// The version of the crate.
    pub version: &'static str,
    /// Purpose of the link, in one sentence.
    pub summary: &'static str,
    /// The grants that the link asks for, as JSON text. An empty text asks for nothing.
    pub needs: &'static str,
    /// True if an instance may serve one call after the other.
    pub reuse: bool,
    /// Further module names, each with `links.` in front.
    pub modules: &'static [&'static str],
}

/// Returns the description of a link whose options are `T`.
pub fn description<T: JsonSchema>(about: About) -> Description {
    let mut schema = schemars::schema_for!(T);
    if about.reuse {
        schema.insert(REUSE.to_owned(), true.into());
    }
    if !about.modules.is_empty() {
        schema.insert(MODULES.to_owned(), about.modules.into());
    }
    let schema = schema.to_value();
    Description {
        name: about.name.to_owned(),
        version: about.version.to_owned(),
        summary: about.summary.to_owned(),
        defaults: defaults(&schema).to_string(),
        options_schema: schema.to_string(),
        needs: if about.needs.is_empty() { "{}" } else { about.needs }.to_owned(),
    }
}

/// Returns the default of each member that has one. `#[serde(default)]` puts it into the schema.
fn defaults(schema: &Value) -> Value {
    let members = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let with_default = members.filter_map(|(name, member)| Some((name.clone(), member.get("default")?.clone())));
    Value::Object(with_default.collect::<Map<_, _>>())
}

/// Returns the bytes of a text, as the content of a custom section.
pub const fn bytes<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let (mut bytes, mut rest) = ([0; LENGTH], text.as_bytes());
    let mut next: &mut [u8] = &mut bytes;
    while let ([first, others @ ..], Some((byte, after))) = (rest, next.split_first_mut()) {
        *byte = *first;
        (rest, next) = (others, after);
    }
    bytes
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

    fn schema_of(description: &Description) -> Value {
        serde_json::from_str(&description.options_schema).unwrap()
    }

    #[test]
    fn schema_and_defaults_come_from_the_type() {
        let description = description::<Sample>(About {
            name: "sample",
            needs: "{}",
            ..About::default()
        });
        let schema = schema_of(&description);
        assert_eq!(schema["properties"]["count"]["description"], "How many.");
        let defaults: Value = serde_json::from_str(&description.defaults).unwrap();
        assert_eq!(defaults, json!({"count": 7, "label": null}));
    }

    #[test]
    fn a_member_without_default_is_not_in_the_defaults() {
        let description = description::<Required>(About::default());
        assert_eq!(description.defaults, "{}");
        assert_eq!(description.needs, "{}", "a link that asks for nothing says so in JSON");
    }

    #[test]
    fn reuse_and_module_names_are_annotations_of_the_whole_schema() {
        let plain = schema_of(&description::<Sample>(About::default()));
        assert_eq!((plain.get(REUSE), plain.get(MODULES)), (None, None));
        let annotated = schema_of(&description::<Sample>(About {
            reuse: true,
            modules: &["links.old"],
            ..About::default()
        }));
        assert_eq!(annotated[REUSE], json!(true));
        assert_eq!(annotated[MODULES], json!(["links.old"]));
    }

    #[test]
    fn a_section_holds_the_text_as_it_is() {
        const TEXT: &str = "links.a\nlinks.ü\n";
        const BYTES: [u8; TEXT.len()] = bytes(TEXT);
        assert_eq!(BYTES, *TEXT.as_bytes());
    }

    /// Two links in one crate: each macro makes its own description out of its own members.
    mod macros {
        use super::*;
        use crate::bindings::link::exports::vcon::link::handler::Guest;
        use crate::{Failure, Outcome, Vcon};

        crate::link! {
            name: "full",
            summary: "Has every member.",
            options: Required,
            needs: {"vcons": ["expire"]},
            reuse: true,
            modules: ["links.older", "links.oldest"],
            run: run,
        }

        fn run(_: &Vcon, _: Required) -> Result<Outcome, Failure> {
            Ok(Outcome::Next)
        }

        #[test]
        fn the_macro_passes_on_every_member() {
            let description = VconLinkComponent::describe();
            assert_eq!(description.name, "full");
            let needs: Value = serde_json::from_str(&description.needs).unwrap();
            assert_eq!(needs, json!({"vcons": ["expire"]}));
            let schema = schema_of(&description);
            assert_eq!(schema[REUSE], json!(true));
            assert_eq!(schema[MODULES], json!(["links.older", "links.oldest"]));
        }
    }
}
