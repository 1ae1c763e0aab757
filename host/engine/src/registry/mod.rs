//! Makes links ready: finds their components, compiles them, merges and checks their options.
//!
//! Guarantee: a snapshot that comes out of here can run: every link that an enabled chain uses is compiled, described and has options that fit.

mod ahead;
mod annotations;
mod derived_grants;
mod modules;
pub mod options;
mod reach;
mod ready;
#[cfg(test)]
mod tests;
mod uploaded;

pub use modules::config_reader;
pub use ready::{Registry, RegistryError};
pub use uploaded::VersionError;
