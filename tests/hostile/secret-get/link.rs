//! Asks for a secret that it was not granted.

use hostile::prelude::*;

hostile::attack!("secret-get", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    secrets::get("HOSTILE_KEY")?;
    Ok(Outcome::Next)
}
