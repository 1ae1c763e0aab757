//! Inputs of a call on the command line: options, grants, limits, secrets.
//!
//! Guarantee: they are read by the same code as a configuration, with the same checks.

use serde_json::{Map, Value, json};

use super::LinkCommandError;
use crate::link::arguments::GrantsArgs;
use vconduit_base::Secrets;
use vconduit_base::secrets::ENVIRONMENT_PREFIX;
use vconduit_config::{Link, Reader, Written};

/// Name of the link in the configuration that is made up to read the inputs.
const NAME: &str = "link";

/// Reads inputs as the entry of a link in a configuration.
pub(super) fn entry(options: Value, grants: Value, limits: Value) -> Result<Link, LinkCommandError> {
    let entry = json!({"component": "given.wasm", "options": options, "grants": grants, "limits": limits});
    let mut written = Written::new();
    written.insert("links".to_owned(), json!({NAME: entry}));
    let checked = Reader::default().json(&written, "");
    let problems: Vec<String> = checked.errors().map(describe).collect();
    let link = checked
        .config
        .and_then(|mut config| config.links.shift_remove(NAME))
        .filter(|_| problems.is_empty());
    link.ok_or_else(|| LinkCommandError::Input(problems.join("\n")))
}

/// One problem in one line: its path, the message, the next step.
fn describe(problem: &vconduit_config::Problem) -> String {
    let path = problem.path.strip_prefix("links.link.").unwrap_or(&problem.path);
    let help = match problem.hint.as_str() {
        "" => String::new(),
        hint => format!("; {hint}"),
    };
    super::words::foreign(&format!("{path}: {}{help}", problem.message)).into_owned()
}

/// Parses the value of an argument as a JSON object.
pub(super) fn object(argument: &str, text: &str) -> Result<Value, LinkCommandError> {
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(object) => Ok(Value::Object(object)),
        Err(error) => Err(LinkCommandError::Input(format!(
            "{argument} is not a JSON object: {error}; quote it for the shell: {argument} '{{…}}'"
        ))),
    }
}

/// The grants as JSON, if `--grants` or `--grants-file` is present.
pub(super) fn grants(arguments: &GrantsArgs) -> Result<Option<Value>, LinkCommandError> {
    if let Some(text) = &arguments.grants {
        return object("--grants", text).map(Some);
    }
    let Some(path) = &arguments.grants_file else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).map_err(LinkCommandError::reading(path))?;
    object("--grants-file", &text).map(Some)
}

/// The secrets of `--secret` arguments: `NAME=VALUE`, or `NAME` for a variable that `get` returns.
pub(super) fn secrets(arguments: &[String], get: &dyn Fn(&str) -> Option<String>) -> Result<Secrets, LinkCommandError> {
    let mut secrets = Secrets::default();
    for argument in arguments {
        if let Some((name, value)) = argument.split_once('=') {
            secrets.insert(name, value)?;
            continue;
        }
        let variable = format!("{ENVIRONMENT_PREFIX}{argument}");
        let value = get(&variable).ok_or_else(|| {
            let name = super::words::foreign(argument).into_owned();
            LinkCommandError::Input(format!(
                "the secret {name} has no value: write --secret {name}=VALUE, or set {ENVIRONMENT_PREFIX}{name}"
            ))
        })?;
        secrets.insert(argument, &value)?;
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_like_a_configuration() {
        let link = entry(
            json!({"a": 1}),
            json!({"http": ["api.example.com"]}),
            json!({"cpu_ms": 7}),
        )
        .unwrap();
        assert_eq!(link.options, *json!({"a": 1}).as_object().unwrap());
        assert_eq!(link.grants.unwrap().http[0].host, "api.example.com");
        assert_eq!(link.limits.cpu.as_millis(), 7);
        let error = entry(
            json!({}),
            json!({"http": ["127.0.0.1"], "sockets": []}),
            json!({"cpu_ms": 99_999_999_u64}),
        )
        .unwrap_err()
        .to_string();
        for expected in [
            "grants.http[0]: ",
            "private: true",
            "grants.sockets: ",
            "limits.cpu_ms: ",
            "60000",
        ] {
            assert!(error.contains(expected), "{expected}: {error}");
        }
        assert!(!error.contains("links.link"), "{error}");
    }

    #[test]
    fn a_secret_comes_from_the_argument_or_the_environment() {
        let get = |name: &str| (name == "VCONDUIT_SECRET_B").then(|| "two".to_owned());
        let secrets = secrets(&["A=one=1".to_owned(), "B".to_owned()], &get).unwrap();
        assert_eq!(secrets.reveal("A"), Some("one=1"));
        assert_eq!(secrets.reveal("B"), Some("two"));
        let error = super::secrets(&["C".to_owned()], &get).unwrap_err().to_string();
        assert!(error.contains("VCONDUIT_SECRET_C"), "{error}");
    }

    #[test]
    fn a_value_that_is_not_an_object_is_refused_with_the_name_of_the_argument() {
        for text in ["", "[]", "5", "{", "{a: 1}"] {
            let error = object("--options", text).unwrap_err().to_string();
            assert!(error.starts_with("--options is not a JSON object"), "{error}");
        }
    }
}
