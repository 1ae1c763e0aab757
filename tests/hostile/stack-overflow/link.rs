//! Calls itself without end.

use hostile::prelude::*;

hostile::attack!("stack-overflow", attack);

#[expect(unconditional_recursion, reason = "that is the attack")]
fn fall(depth: u64) -> u64 {
    let below = fall(black_box(depth.wrapping_add(1)));
    black_box(below).wrapping_add(depth)
}

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    black_box(fall(0));
    Ok(Outcome::Next)
}
