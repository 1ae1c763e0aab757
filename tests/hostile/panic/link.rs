//! Panics, with an escape sequence in its last words.

use hostile::prelude::*;

hostile::attack!("panic", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    panic!("last words \u{1b}[2J of the link");
}
