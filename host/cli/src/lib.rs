//! The commands for authors and operators of links.
//!
//! Guarantee: no command here opens a store: it runs components in a local sandbox, or talks to a server or a registry.

pub mod link;
