//! Parts that the hostile links share. An attack is one function.

/// Names that an attack may need.
pub mod prelude {
    pub use std::hint::black_box;

    pub use crate::{MIB, Target};
    pub use serde_json::{Value, json};
    pub use vcon_link::bindings::link::vcon::link::document;
    pub use vcon_link::prelude::*;
    pub use vcon_link::{clock, documents, http, queues, secrets};
}

/// A mebibyte, in bytes.
pub const MIB: usize = 1024 * 1024;

/// The options of every hostile link.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(default)]
pub struct Target {
    /// URL that the attack calls, if it calls one.
    pub url: String,
}

/// Makes a component of an attack.
#[macro_export]
macro_rules! attack {
    ($name:literal, $attack:path) => {
        vcon_link::link! { name: $name, summary: "Means harm.", options: Target, run: $attack }
    };
}
