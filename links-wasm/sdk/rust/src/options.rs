//! Reads options as the link's type, or returns a failure that names the member at fault.

use crate::Failure;
use serde::de::DeserializeOwned;

/// Reads the options. An empty text means `{}`.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    let text = match text.trim() {
        "" | "null" => "{}",
        given => given,
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| misfit(&error))
}

fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> Failure {
    let full = error.inner().to_string();
    // A position in the JSON text does not help people who wrote YAML.
    let reason = full
        .rsplit_once(" at line ")
        .map_or(full.as_str(), |(reason, _)| reason);
    let reason = without_value(reason);
    let path = error.path().to_string();
    match path.as_str() {
        "." => Failure::options(format!("options: {reason}")),
        path => Failure::options(format!("option `{path}`: {reason}")),
    }
}

/// Returns the reason without the value of the option, which may be a misplaced secret.
fn without_value(reason: &str) -> String {
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .any(|start| reason.starts_with(start));
    match (reason.find(['"', '`']), reason.rfind(", expected ")) {
        (Some(value), Some(expected)) if quotes && value < expected => {
            let (before, after) = (reason.get(..value).unwrap_or(""), reason.get(expected..).unwrap_or(""));
            format!("{}{after}", before.trim_end())
        }
        _ => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    struct Inner {
        #[serde(rename = "port")]
        _port: u16,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    struct Sample {
        name: String,
        #[serde(default, rename = "targets")]
        _targets: Vec<Inner>,
    }

    #[test]
    fn the_message_names_the_member() {
        let failure = parse::<Sample>(r#"{"name":1}"#).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Options);
        assert!(
            failure.message.starts_with("option `name`: invalid type"),
            "{}",
            failure.message
        );

        let failure = parse::<Sample>(r#"{"name":"a","targets":[{"port":1},{"port":"x"}]}"#).unwrap_err();
        assert!(
            failure.message.starts_with("option `targets[1].port`"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn the_message_does_not_quote_what_was_given() {
        let failure = parse::<Sample>(r#"{"name":"a","targets":[{"port":"hush, expected \"x\""}]}"#).unwrap_err();
        assert_eq!(
            failure.message,
            "option `targets[0].port`: invalid type: string, expected u16"
        );
    }

    #[test]
    fn absent_options_are_an_empty_object() {
        for text in ["", "null", "{}"] {
            assert!(
                parse::<Sample>(text)
                    .unwrap_err()
                    .message
                    .contains("missing field `name`")
            );
        }
    }
}
