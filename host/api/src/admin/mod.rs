//! `/admin/v1`: links, chains, storages, queues and hosts, for operators.
//!
//! Guarantee: every route needs an admin key. A change is in the audit log with who, when, before
//! and after. A request that can't be done changes nothing, and its response is a problem document.

pub mod chains;
pub mod claims;
pub mod dead_letters;
pub mod events;
mod fault;
pub mod hosts;
mod input;
pub mod links;
pub mod lists;
mod member;
mod operator;
mod page;
mod problem;
pub mod storages;
pub mod trials;
pub mod upload;
pub mod versions;
pub mod whereabouts;

pub use input::{Body, PathOf, QueryOf};
pub use operator::Admin;
pub use problem::ProblemDocument;

/// Result of a handler.
pub type Reply<T = axum::response::Response> = Result<T, ProblemDocument>;
