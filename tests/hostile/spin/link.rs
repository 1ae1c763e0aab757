//! Runs without end.

use hostile::prelude::*;

hostile::attack!("spin", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}
