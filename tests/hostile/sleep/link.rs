//! Sleeps for a million years.

use hostile::prelude::*;

hostile::attack!("sleep", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    clock::sleep(std::time::Duration::from_secs(u64::from(u32::MAX) * 1_000));
    Ok(Outcome::Next)
}
