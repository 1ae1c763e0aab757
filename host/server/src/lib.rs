//! The host as one program: every part built once, the command line, and a first look.
//!
//! Guarantee: parts are put together here and nowhere else. Nothing below this crate knows how a host starts.

pub mod app;
pub mod arguments;
pub mod demo;
