//! Nests arrays a hundred thousand levels deep.

use hostile::prelude::*;

hostile::attack!("deep-output", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    document::set("/subject", &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)))?;
    Ok(Outcome::Next)
}
