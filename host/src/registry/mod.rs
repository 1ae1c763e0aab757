//! Makes links ready: finds their components, compiles them, merges and checks their options.
//!
//! Guarantee: a snapshot that comes out of here can run: every link that an enabled chain uses is compiled, described and has options that fit.

mod ahead;
mod annotations;
pub mod capabilities;
mod derived_grants;
pub mod oci;
pub mod options;
mod reach;
mod ready;
pub mod signature;
mod standard;
#[cfg(test)]
mod tests;
mod uploaded;

pub use ready::{Registry, RegistryError};
pub use standard::{Standard, by_module, module_names, standard};
pub use uploaded::VersionError;
