//! The Conserver's routes.
//!
//! Guarantee: paths, parameters, status codes and bodies are those that the Conserver's clients
//! know. All faults of a request are reported at once, in the words of FastAPI and pydantic.

mod authorized;
pub mod config;
pub mod dlq;
mod error;
pub mod external;
mod fault;
mod payload;
mod query;
pub mod queues;
pub mod schemas;
pub mod system;
pub mod vcon;
pub mod vcons;

pub use authorized::{Authorized, AuthorizedBody};
pub use error::ApiError;

/// Result of a handler.
pub type Reply<T = axum::response::Response> = Result<T, ApiError>;
