//! Writes characters that would clear a terminal, forge a line and turn the reading direction.

use hostile::prelude::*;

hostile::attack!("log-escapes", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    info!("escape \u{1b}[2J\u{1b}]0;title\u{7} forged\nline \u{202e}turned \u{9b}2J");
    Ok(Outcome::Next)
}
