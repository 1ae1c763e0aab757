//! Makes links ready: finds their components, compiles them, merges and checks their options.
//!
//! Guarantee: a snapshot from this module can run. Every link that an enabled chain uses is
//! compiled and described, and its options fit.

mod about;
mod ahead;
mod annotations;
mod derived_grants;
mod kept;
mod modules;
pub mod options;
mod reach;
mod ready;
#[cfg(test)]
mod tests;
mod uploaded;

pub use about::about;
pub use modules::config_reader;
pub use ready::{Registry, RegistryError};
pub use uploaded::VersionError;
