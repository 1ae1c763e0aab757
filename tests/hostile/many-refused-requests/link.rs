//! Makes ten thousand requests that are refused, to fill the log with refusals.

use hostile::prelude::*;

hostile::attack!("many-refused-requests", attack);

fn attack(_: &Vcon, options: Target) -> Result<Outcome, Failure> {
    for _ in 0..10_000 {
        let _ = http::get(&options.url).retries(0).send();
    }
    Ok(Outcome::Next)
}
