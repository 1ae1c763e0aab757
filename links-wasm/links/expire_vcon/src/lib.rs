//! Sets the time until the vCon expires in the working store. The vCon is not read, and a missing
//! one is not an error.

use serde::de::{Deserializer, Error};
use serde_json::Value;
use vcon_link::documents;
use vcon_link::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Options {
    /// Seconds from now. 0 or less: at once.
    #[serde(deserialize_with = "whole_seconds")]
    seconds: i64,
}

vcon_link::link! {
    name: "expire_vcon",
    summary: "Lets the vCon expire from the working store.",
    options: Options,
    needs: {"vcons": ["expire"]},
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    documents::expire(&vcon.uuid(), options.seconds)?;
    Ok(Outcome::Next)
}

/// Reads a whole number, or a text with one.
fn whole_seconds<'de, D: Deserializer<'de>>(given: D) -> Result<i64, D::Error> {
    let seconds = match Value::deserialize(given)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    seconds.ok_or_else(|| D::Error::custom("expected a whole number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn seconds(options: &str) -> Result<i64, serde_json::Error> {
        serde_json::from_str::<Options>(options).map(|options| options.seconds)
    }

    #[test]
    fn a_whole_number_is_also_accepted_as_text() {
        assert_eq!(seconds(r#"{"seconds":90}"#).unwrap(), 90);
        assert_eq!(seconds(r#"{"seconds":"-1"}"#).unwrap(), -1);
    }

    #[test]
    fn anything_else_is_refused() {
        for options in [
            "{}",
            r#"{"seconds":1.5}"#,
            r#"{"seconds":null}"#,
            r#"{"seconds":"soon"}"#,
        ] {
            assert!(seconds(options).is_err(), "{options}");
        }
    }
}
