//! `/admin/v1`: links, chains, storages, queues and hosts, for operators.
//!
//! Guarantee: every route asks for an admin key; what it changes is in the audit log with who, when, before and after; a request that
//! can't be done changes nothing and is answered with a problem document.

pub mod claims;
pub mod dead_letters;
pub mod events;
mod fault;
pub mod hosts;
mod input;
pub mod links;
pub mod lists;
pub mod member;
mod page;
mod problem;
pub mod trials;
pub mod versions;
pub mod whereabouts;

pub use input::{Body, PathOf, QueryOf};
pub use problem::Problem;

/// What a handler gives back.
pub type Answer = Result<axum::response::Response, Problem>;
