//! Asks for a terabyte of random bytes.

use hostile::prelude::*;

hostile::attack!("giant-random", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    black_box(wasip2::random::random::get_random_bytes(1 << 40));
    Ok(Outcome::Next)
}
