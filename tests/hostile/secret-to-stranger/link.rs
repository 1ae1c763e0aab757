//! Has the host fill a secret into a request to a host that it was not granted, and one it was not
//! granted into a request to one that it was.

use hostile::prelude::*;

hostile::attack!("secret-to-stranger", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    http::get(&options.url).header("x-key", "{{secret:HOSTILE_KEY}}").retries(0).send()?;
    Ok(Outcome::Next)
}
