//! The REST API: the Conserver's routes, and what they lack.
//!
//! Guarantee: paths, parameters, status codes and bodies are those that the Conserver's clients know. Whatever a client
//! sends, it gets a JSON answer with a request id; what it sends is bounded in size and time before anything is made of it.
//!
//! ```text
//! edge (request id, span, prefix, CORS, metrics) ─► router.rs ─► payload / query (parse) ─► handler ─► documents / store
//! ```

pub mod admin;
pub mod auth;
pub mod body;
pub mod config;
pub mod cors;
pub mod dlq;
pub mod docs;
pub mod edge;
pub mod error;
pub mod external;
pub mod fault;
pub mod measure;
pub mod openapi;
pub mod paths;
pub mod payload;
pub mod query;
pub mod queues;
pub mod readiness;
pub mod reply;
pub mod request_id;
pub mod router;
pub mod schemas;
pub mod serve;
pub mod state;
pub mod system;
pub mod trace_context;
pub mod vcon;
pub mod vcons;

#[cfg(test)]
mod tests;

pub use error::ApiError;
pub use readiness::Readiness;
pub use serve::serve;
pub use state::{ApiParts, ApiState, RenderMetrics, Shared};

/// What a handler gives back.
pub type Answer = Result<axum::response::Response, ApiError>;
