//! The engine: claims vCons, runs them through their chains, and keeps links, storages and
//! configuration ready for that.
//!
//! Guarantee: this crate does not depend on HTTP or the command line. API and CLI call the engine;
//! it never calls them.

pub mod active;
pub mod admission;
pub mod chain;
pub mod control;
pub mod documents;
pub mod events;
pub mod figures;
pub mod hosts;
pub mod registry;
pub mod reload;
pub mod snapshot;
#[cfg(test)]
mod testing;
pub mod worker;
