//! Calls a URL that it should not reach, or that never ends its response.

use hostile::prelude::*;

hostile::attack!("call", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    http::get(&options.url).retries(0).send()?.error_for_status()?;
    Ok(Outcome::Next)
}
