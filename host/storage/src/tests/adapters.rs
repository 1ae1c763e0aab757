//! The list of adapters, and the descriptions of their options.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::adapters::find;
use crate::options::{OptionKind, Options};
use crate::{ADAPTERS, Adapter, StorageContext};

fn built() -> impl Iterator<Item = &'static Adapter> {
    ADAPTERS.iter().filter(|adapter| adapter.module.is_built)
}

/// Returns the options of an adapter after it has read them.
fn read(adapter: &Adapter, value: impl Fn(OptionKind) -> Value) -> Options {
    let specs = adapter.options().iter();
    let given: Map<String, Value> = specs.map(|spec| (spec.name.to_owned(), value(spec.kind))).collect();
    let implementation = find(adapter.module.name).unwrap();
    let mut options = Options::new(&given, implementation.options, &|_| None);
    let context = StorageContext {
        redis_url: None,
        data_dir: std::env::temp_dir(),
        secrets: Arc::new(|_| None),
    };
    (implementation.build)(&mut options, &context);
    options
}

fn good(kind: OptionKind) -> Value {
    match kind {
        OptionKind::Text => json!("text"),
        OptionKind::Flag => json!(true),
        OptionKind::Whole { max, .. } => json!(max),
        OptionKind::FileMode => json!("0600"),
        OptionKind::Urls => json!(["http://localhost"]),
        OptionKind::Headers => json!({"x-key": "value"}),
    }
}

fn of_a_wrong_type(kind: OptionKind) -> Value {
    match kind {
        OptionKind::Text => json!(5),
        OptionKind::Flag => json!("yes"),
        OptionKind::Whole { max, .. } => json!((max + 1).to_string()),
        OptionKind::FileMode | OptionKind::Urls => json!(true),
        OptionKind::Headers => json!("x-key"),
    }
}

#[test]
fn every_option_that_is_described_is_read() {
    for adapter in built() {
        let options = read(adapter, good);
        assert_eq!(options.unread(), [""; 0], "of {}", adapter.module.name);
    }
}

#[test]
fn a_value_of_a_wrong_type_is_a_problem_of_its_option() {
    for adapter in built() {
        let options = read(adapter, of_a_wrong_type);
        for spec in adapter.options() {
            let is_reported = options.problems.iter().any(|problem| problem.option == spec.name);
            assert!(is_reported, "{} of {}", spec.name, adapter.module.name);
        }
    }
}

#[test]
fn no_name_stands_for_two_options() {
    for adapter in built() {
        let mut names = HashSet::new();
        for spec in adapter.options() {
            for name in spec.old_names.iter().chain([&spec.name]) {
                assert!(names.insert(*name), "{name} of {}", adapter.module.name);
            }
        }
    }
}

#[cfg(feature = "default")]
#[test]
fn options_that_hold_credentials_are_marked() {
    let specs = built().flat_map(Adapter::options);
    let secret: Vec<&str> = specs.filter(|spec| spec.is_secret).map(|spec| spec.name).collect();
    assert_eq!(
        secret,
        [
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
            "password",
            "redis_url",
            "webhook-urls",
            "headers",
        ]
    );
}

#[test]
fn an_adapter_that_is_not_built_is_known_by_name() {
    for adapter in ADAPTERS {
        let name = adapter.module.name;
        match find(name) {
            Ok(_) => assert!(adapter.module.is_built, "{name}"),
            Err(error) => {
                assert!(!adapter.module.is_built, "{name}: {error}");
                let feature = adapter.module.feature;
                assert_eq!(error.to_string(), format!("this build has no `{feature}` storage"));
            }
        }
    }
}
