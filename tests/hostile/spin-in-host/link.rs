//! Has the host work without end: each call of a host function reads and copies the whole document.

use hostile::prelude::*;

hostile::attack!("spin-in-host", attack);

fn attack(vcon: &Vcon, _: Target) -> Result<Outcome, Failure> {
    vcon.set("/subject", &"x".repeat(4 * MIB))?;
    loop {
        black_box(document::get("/subject")?);
    }
}
