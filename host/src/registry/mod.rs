//! Makes links ready: finds their components, compiles them, merges and checks their options.
//!
//! Guarantee: a snapshot that comes out of here can run: every link that an enabled chain uses is compiled, described and has options that fit.

mod ahead;
pub mod capabilities;
pub mod oci;
pub mod options;
mod ready;
pub mod signature;
mod standard;
mod uploaded;

pub use ready::{Registry, RegistryError};
pub use standard::{Standard, standard};
pub use uploaded::VersionError;
