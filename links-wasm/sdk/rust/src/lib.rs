//! Write a link for vConduit in Rust: one function over a vCon with typed options, and one macro.
//!
//! vConduit runs vCon documents (records of conversations) through chains of links. A link is a
//! WebAssembly component that reads and edits the current vCon through functions of the host. This
//! crate wraps these functions, so that an author writes no bindings.
//!
//! ```
//! use vcon_link::prelude::*;
//!
//! #[derive(Deserialize, JsonSchema, Default)]
//! #[serde(default)]
//! struct Options {
//!     /// The tag to add.
//!     tag: String,
//! }
//!
//! vcon_link::link! {
//!     name: "greeter",
//!     summary: "Adds one tag.",
//!     options: Options,
//!     run: run,
//! }
//!
//! fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
//!     vcon.add_tag(&options.tag, &options.tag)?;
//!     Ok(Outcome::Next)
//! }
//! ```
//!
//! Compile it with `cargo build --release --target wasm32-wasip2`, in a crate with `crate-type =
//! ["cdylib"]`. The README of this crate has the whole set-up.
//!
//! - [`Vcon`] has the functions over the current document.
//! - [`http`], [`secrets`], [`queues`] and [`documents`] reach further. Each says which grant it
//!   needs.
//! - [`ServiceUrl`], [`SecretText`] and [`QueueName`] are option types that tell the host which
//!   grants follow from them.
//! - [`link!`] and [`transform!`] make the component.
//!
//! Functions of the host work inside a host only. On any other target they end the program: keep
//! logic in functions over plain data, and test these with `cargo test`.
#![warn(missing_docs)]

mod annotations;
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
mod option_types;
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
pub use option_types::{QueueName, SecretText, ServiceUrl};
pub use vcon::Vcon;

/// Result of a call that did not fail.
pub use bindings::link::vcon::link::outcomes::Outcome;
/// Result of a transform that did not fail: a document, or the end of the chain.
pub use entry::Transformed;

pub use schemars;
pub use serde;
pub use serde_json;

/// Names that most links use.
pub mod prelude {
    pub use crate::{Analysis, Attachment, Encoding, Error, Failure, Outcome, QueueName, SecretText, ServiceUrl, Vcon};
    pub use crate::{debug, error, info, trace, warn};
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}

/// The examples of the README, compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
