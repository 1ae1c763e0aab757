//! Puts a secret that it was granted into the vCon, the log and its last words.

use hostile::prelude::*;

hostile::attack!("secret-to-vcon", attack);

fn attack(vcon: &Vcon, _: Target) -> Result<Outcome, Failure> {
    let secret = secrets::get("HOSTILE_KEY")?;
    info!("the secret is {secret}");
    vcon.set("/subject", &secret).unwrap_err();
    Err(Failure::other(format!("the secret is {secret}")))
}
