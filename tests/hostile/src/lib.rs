//! What the hostile links share: an attack is one function.

/// Everything an attack may want.
pub mod prelude {
    pub use std::hint::black_box;

    pub use crate::{MIB, Target};
    pub use serde_json::{Value, json};
    pub use vcon_link::bindings::link::vcon::link::document;
    pub use vcon_link::prelude::*;
    pub use vcon_link::{clock, documents, http, queues, secrets};
}

/// A mebibyte.
pub const MIB: usize = 1024 * 1024;

/// The options of every hostile link.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(default)]
pub struct Target {
    /// What to call, where the attack calls something.
    pub url: String,
}

/// Makes a component of an attack.
#[macro_export]
macro_rules! attack {
    ($name:literal, $attack:path) => {
        vcon_link::link! { name: $name, summary: "Means harm.", options: Target, run: $attack }
    };
}
