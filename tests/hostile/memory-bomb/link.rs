//! Takes memory without end.

use hostile::prelude::*;

hostile::attack!("memory-bomb", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    let mut held = Vec::new();
    loop {
        held.push(vec![1_u8; MIB]);
        black_box(&held);
    }
}
