//! Edits without end.

use hostile::prelude::*;

hostile::attack!("edit-bomb", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    loop {
        document::append("/attachments", "{}")?;
    }
}
