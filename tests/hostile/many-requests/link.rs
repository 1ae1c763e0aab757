//! Makes ten thousand requests.

use hostile::prelude::*;

hostile::attack!("many-requests", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    for _ in 0..10_000 {
        http::get(&options.url).retries(0).send()?;
    }
    Ok(Outcome::Next)
}
