//! Edits at pointers that are malformed or lead to no value.

use hostile::prelude::*;

hostile::attack!("bad-pointer", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    for pointer in ["no/slash", "/~2", "/dialog/-1", "/dialog/99999999999999999999", "/a/b/c/d"] {
        document::set(pointer, "1").unwrap_err();
    }
    document::set("/parties/0/tel/x", "1")?;
    Ok(Outcome::Next)
}
