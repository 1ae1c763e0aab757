//! Permissions of a component: what it may reach, how much it may use, and who signed it.
//!
//! Guarantee: everything here is a pure rule. Nothing is read, run or sent.

pub mod capabilities;
pub mod grants;
pub mod limits;
pub mod signature;

pub use grants::{Grants, HostGrant};
pub use limits::Limits;
