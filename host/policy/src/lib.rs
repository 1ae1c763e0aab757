//! Permissions of components: what they can reach, how much they can use, and who signed them.
//!
//! Guarantee: everything here is a pure rule. Nothing reads a file, runs a component or sends
//! anything.

pub mod capabilities;
pub mod grants;
pub mod limits;
pub mod signature;

pub use grants::{Grants, HostGrant};
pub use limits::Limits;
