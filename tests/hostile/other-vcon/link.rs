//! Reads, deletes and creates vCons other than its own.

use hostile::prelude::*;

hostile::attack!("other-vcon", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    let other = "0190c1f2-0000-8000-8000-00000000beef";
    documents::delete(other).unwrap_err();
    documents::expire(other, 0).unwrap_err();
    documents::create(&json!({})).unwrap_err();
    queues::push("anywhere", other).unwrap_err();
    documents::read::<Value>(other)?;
    Ok(Outcome::Next)
}
