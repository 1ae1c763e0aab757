//! Writes twenty megabytes to the log.

use hostile::prelude::*;

hostile::attack!("log-flood", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    let line = format!("flood {}", "x".repeat(1000));
    for _ in 0..20_000 {
        info!("{line}");
    }
    Ok(Outcome::Next)
}
