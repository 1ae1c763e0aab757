//! Lets a vCon pass, or ends its chain, by the first output of a jq filter.
//!
//! A filter that fails ends the chain quietly, with any options. The reason goes to the log and to
//! a counter. The vCon is not changed.

mod engine;
mod library;
mod natives;
mod texts;

use engine::Verdict;
use serde_json::Value;
use vcon_link::metrics;
use vcon_link::prelude::*;

const RETRIES: &str = "conserver.link.jq.string_body_array_retries";
const ERRORS: &str = "conserver.link.jq.filter_errors";
const FILTERED_OUT: &str = "conserver.link.jq.vcon_filtered_out";

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// A jq program. Its input is the vCon, and its first output decides. `null`, `false`, `0`,
    /// `""`, `[]`, `{}` and no output are "no".
    filter: String,
    /// True: matching vCons pass. False: the others pass.
    #[schemars(with = "bool")]
    forward_matches: Value,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filter: ".".into(),
            forward_matches: Value::Bool(true),
        }
    }
}

vcon_link::link! {
    name: "jq_link",
    summary: "Keeps or drops a vCon by a jq expression.",
    options: Options,
    // Compiling a filter takes longer than running it.
    reuse: true,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    let document = match vcon.text_of_all() {
        Err(Error::Missing) => return Ok(stop("the vCon does not exist")),
        other => other?,
    };
    let run = engine::decide(&options.filter, &document);
    if run.retried {
        metrics::count(RETRIES);
    }
    match run.verdict {
        Verdict::Failed(reason) => {
            metrics::count(ERRORS);
            warn!("the jq filter failed: {reason}");
            Ok(stop("the jq filter failed"))
        }
        Verdict::Matches(matches) if passes(matches, &options.forward_matches) => Ok(Outcome::Next),
        Verdict::Matches(_) => {
            metrics::count(FILTERED_OUT);
            Ok(stop("filtered out"))
        }
    }
}

/// Returns true if `matches` equals the option. 0 and 1 stand for false and true. Any other value
/// equals neither.
fn passes(matches: bool, forward_matches: &Value) -> bool {
    match forward_matches {
        Value::Bool(wanted) => matches == *wanted,
        Value::Number(number) => number.as_f64() == Some(f64::from(u8::from(matches))),
        _ => false,
    }
}

fn stop(reason: &str) -> Outcome {
    Outcome::Stop(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_truth_values_and_their_numbers_can_be_equal() {
        assert!(passes(true, &json!(true)) && passes(false, &json!(false)));
        assert!(passes(true, &json!(1)) && passes(false, &json!(0.0)));
        for wanted in [json!("true"), json!(null), json!(2), json!([])] {
            assert!(!passes(true, &wanted) && !passes(false, &wanted), "{wanted}");
        }
    }
}
