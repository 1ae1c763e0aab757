//! Makes the document larger than it may be.

use hostile::prelude::*;

hostile::attack!("huge-output", attack);

fn attack(vcon: &Vcon, _: Target) -> Result<Outcome, Failure> {
    vcon.set("/subject", &"x".repeat(8 * MIB))?;
    Ok(Outcome::Next)
}
