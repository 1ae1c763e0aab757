//! Commands for authors and operators of links.
//!
//! Guarantee: no command here opens a store. A command runs components in a local sandbox, or uses
//! a server or a registry.

pub mod link;
