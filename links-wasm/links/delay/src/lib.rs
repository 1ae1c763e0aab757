//! Waits, then lets the vCon pass. The vCon is not read. The wall-clock limit of the call bounds
//! the wait.

use std::time::Duration;
use vcon_link::clock;
use vcon_link::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Time to wait, in seconds.
    seconds: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { seconds: 5.0 }
    }
}

vcon_link::link! {
    name: "delay",
    summary: "Waits for some seconds.",
    options: Options,
    run: run,
}

fn run(_: &Vcon, options: Options) -> Result<Outcome, Failure> {
    if options.seconds < 0.0 {
        warn!("option `seconds` is negative: not waiting");
    }
    clock::sleep(wait(options.seconds));
    Ok(Outcome::Next)
}

fn wait(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_wait_is_none() {
        assert_eq!(wait(-3.0), Duration::ZERO);
        assert_eq!(wait(0.25), Duration::from_millis(250));
        assert_eq!(wait(f64::MAX), Duration::MAX);
    }
}
