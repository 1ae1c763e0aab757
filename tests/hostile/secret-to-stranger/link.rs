//! Makes a request into which the host should fill a secret. The cases are a granted secret for a
//! host that is not granted, and a secret that is not granted for a granted host.

use hostile::prelude::*;

hostile::attack!("secret-to-stranger", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    http::get(&options.url).header("x-key", "{{secret:HOSTILE_KEY}}").retries(0).send()?;
    Ok(Outcome::Next)
}
