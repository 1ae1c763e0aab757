//! Sets a member to a text that is not JSON.

use hostile::prelude::*;

hostile::attack!("bad-json", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    document::set("/subject", "{\"a\":1,\"a\":2}").unwrap_err();
    document::set("/subject", "{not JSON")?;
    Ok(Outcome::Next)
}
