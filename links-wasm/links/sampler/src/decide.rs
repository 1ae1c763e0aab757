//! Decides by the configured method. Asks the host only for what the method needs.

use sha2::{Digest, Sha256};
use vcon_link::Failure;

/// True if the vCon is in the sample.
#[derive(Debug, PartialEq)]
pub enum Choice {
    In,
    Out,
}

/// Source of the values that methods decide by.
pub struct Inputs<Draw, Id, Seconds> {
    /// A number in [0, 1).
    pub draw: Draw,
    /// The id of the vCon.
    pub id: Id,
    /// The time in seconds since 1970.
    pub seconds: Seconds,
}

pub fn decide<Draw, Id, Seconds>(method: &str, value: f64, inputs: Inputs<Draw, Id, Seconds>) -> Result<Choice, Failure>
where
    Draw: FnOnce() -> Result<f64, Failure>,
    Id: FnOnce() -> String,
    Seconds: FnOnce() -> u64,
{
    let is_in = match method {
        "percentage" => 100.0 * (inputs.draw)()? <= value,
        "rate" => exponential((inputs.draw)()?, non_zero(value)?) <= 1.0,
        "modulo" => f64::from(hash(&(inputs.id)())) % non_zero(value)? == 0.0,
        "time_based" => (inputs.seconds)() as f64 % non_zero(value)? == 0.0,
        other => return Err(Failure::options(format!("Unknown sampling method: {other}"))),
    };
    Ok(if is_in { Choice::In } else { Choice::Out })
}

fn exponential(draw: f64, mean: f64) -> f64 {
    -(1.0 - draw).ln() * mean
}

fn non_zero(value: f64) -> Result<f64, Failure> {
    match value == 0.0 {
        true => Err(Failure::options(
            "option `value`: 0 can't be divided by with this method",
        )),
        false => Ok(value),
    }
}

/// Returns the first four bytes of the id's SHA-256.
fn hash(id: &str) -> u32 {
    Sha256::digest(id)
        .iter()
        .take(4)
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(method: &str, value: f64, draw: f64, id: &str, seconds: u64) -> Result<Choice, Failure> {
        decide(
            method,
            value,
            Inputs {
                draw: || Ok(draw),
                id: || id.to_owned(),
                seconds: || seconds,
            },
        )
    }

    fn passes(method: &str, value: f64, draw: f64, id: &str, seconds: u64) -> bool {
        by(method, value, draw, id, seconds).unwrap() == Choice::In
    }

    #[test]
    fn percentage_includes_its_bound() {
        assert!(passes("percentage", 50.0, 0.25, "", 0));
        assert!(passes("percentage", 50.0, 0.5, "", 0));
        assert!(!passes("percentage", 50.0, 0.75, "", 0));
        assert!(passes("percentage", 100.0, 0.999_999, "", 0));
        assert!(!passes("percentage", -1.0, 0.0, "", 0));
    }

    #[test]
    fn rate_follows_the_exponential_distribution() {
        let draw_for = |sample: f64| 1.0 - f64::exp(-sample / 2.0);
        assert!(passes("rate", 2.0, draw_for(0.5), "", 0));
        assert!(!passes("rate", 2.0, draw_for(1.5), "", 0));
        assert!(passes("rate", -1.0, 0.9, "", 0));
    }

    #[test]
    fn the_hash_is_that_of_the_table() {
        let table = [
            ("uuid-1", 462_797_904),
            ("uuid-2", 1_687_779_868),
            ("uuid-3", 3_973_983_087),
            ("uuid-4", 1_052_632_245),
        ];
        for (id, number) in table {
            assert_eq!(hash(id), number, "{id}");
        }
        assert!(passes("modulo", 3.0, 0.0, "uuid-1", 0) && passes("modulo", 3.0, 0.0, "uuid-3", 0));
        assert!(!passes("modulo", 3.0, 0.0, "uuid-2", 0));
        assert!(passes("modulo", 7.0, 0.0, "uuid-4", 0));
    }

    #[test]
    fn time_counts_whole_seconds() {
        assert!(passes("time_based", 5.0, 0.0, "", 1000));
        assert!(!passes("time_based", 5.0, 0.0, "", 1002));
    }

    #[test]
    fn unknown_methods_and_zero_values_are_refused() {
        let unknown = by("unknown", 50.0, 0.0, "", 0).unwrap_err();
        assert_eq!(unknown.message, "Unknown sampling method: unknown");
        for method in ["rate", "modulo", "time_based"] {
            assert!(by(method, 0.0, 0.0, "", 0).is_err(), "{method}");
        }
    }
}
