//! Calls what it should not reach, or what never ends.

use hostile::prelude::*;

hostile::attack!("call", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    http::get(&options.url).retries(0).send()?.error_for_status()?;
    Ok(Outcome::Next)
}
