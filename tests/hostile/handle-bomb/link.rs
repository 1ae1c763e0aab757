//! Opens resources of the host and never closes them.

use hostile::prelude::*;

hostile::attack!("handle-bomb", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    loop {
        std::mem::forget(wasip2::http::types::Fields::new());
    }
}
