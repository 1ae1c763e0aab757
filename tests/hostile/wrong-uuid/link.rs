//! Replaces its vCon with another one.

use hostile::prelude::*;

hostile::attack!("wrong-uuid", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    document::replace(r#"{"vcon":"0.4.0","uuid":"0190c1f2-0000-8000-8000-00000000beef","parties":[],"dialog":[]}"#)?;
    Ok(Outcome::Next)
}
