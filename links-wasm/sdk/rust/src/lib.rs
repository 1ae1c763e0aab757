//! Everything a link needs, so that its author writes one function and one macro.
//!
//! ```ignore
//! use vcon_link::prelude::*;
//!
//! #[derive(Deserialize, JsonSchema, Default)]
//! #[serde(default)]
//! struct Options {
//!     /// The tag to add.
//!     tag: String,
//! }
//!
//! vcon_link::link! { name: "greeter", summary: "Adds one tag.", options: Options, run: run }
//!
//! fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
//!     vcon.add_tag(&options.tag, &options.tag)?;
//!     Ok(Outcome::Next)
//! }
//! ```
//!
//! The functions of the host are in [`Vcon`] and the modules beside it; each says which grant it needs, if any.
#![warn(missing_docs)]

#[cfg(all(feature = "arena", target_arch = "wasm32"))]
mod arena;
#[doc(hidden)]
pub mod bindings;
pub mod clock;
mod describe;
pub mod documents;
mod entries;
#[doc(hidden)]
pub mod entry;
mod failure;
pub mod filters;
#[cfg(feature = "http")]
pub mod http;
pub mod json;
pub mod log;
mod macros;
pub mod metrics;
mod options;
pub mod parameters;
pub mod queues;
pub mod random;
pub mod secrets;
mod vcon;

pub use bindings::link::vcon::link::document::OuterForm;
pub use bindings::link::vcon::link::types::Error;
pub use entries::{Analysis, Attachment, Encoding};
pub use failure::{Failure, FailureKind};
pub use vcon::Vcon;

/// How a call ended well.
pub use bindings::link::vcon::link::outcomes::Outcome;
/// How a transform ended well: with a document, or the end of the chain.
pub use entry::Transformed;

pub use schemars;
pub use serde;
pub use serde_json;

/// What a link usually names.
pub mod prelude {
    pub use crate::{Analysis, Attachment, Encoding, Error, Failure, Outcome, Vcon};
    pub use crate::{debug, error, info, trace, warn};
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}
