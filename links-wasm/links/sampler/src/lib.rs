//! Lets a share of the vCons pass. The vCon itself is not read.

mod decide;
mod mersenne;

use decide::{Choice, Inputs};
use serde_json::Value;
use vcon_link::prelude::*;
use vcon_link::{clock, metrics, random};

const SAMPLED_IN: &str = "conserver.link.sampler.sampled_in";
const SAMPLED_OUT: &str = "conserver.link.sampler.sampled_out";

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// `percentage`: `value` of 100. `rate`: with probability 1 − e^(−1/value). `modulo`: the ids
    /// whose hash is divisible by `value`, always the same ones. `time_based`: in seconds divisible
    /// by `value`.
    method: String,
    /// Parameter of the method.
    value: f64,
    /// A whole number or a text. With a seed, every run gets the same number.
    #[schemars(with = "Option<String>")]
    seed: Option<Value>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            method: "percentage".into(),
            value: 50.0,
            seed: None,
        }
    }
}

vcon_link::link! {
    name: "sampler",
    summary: "Lets a share of the vCons pass.",
    options: Options,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    let inputs = Inputs {
        draw: || match &options.seed {
            None => Ok(random::uniform()),
            Some(seed) => mersenne::first_draw(seed),
        },
        id: || vcon.uuid(),
        seconds: || clock::now().as_secs(),
    };
    let choice = decide::decide(&options.method, options.value, inputs)?;
    let (counter, outcome) = match choice {
        Choice::In => (SAMPLED_IN, Outcome::Next),
        Choice::Out => (SAMPLED_OUT, Outcome::Stop("not in the sample".into())),
    };
    metrics::count_by(counter, 1, &[("method", &options.method)]);
    Ok(outcome)
}
