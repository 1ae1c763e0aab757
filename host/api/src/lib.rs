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
pub mod conserver;
pub mod docs;
pub mod edge;
pub mod openapi;
pub mod readiness;
pub mod router;
pub mod state;

#[cfg(test)]
mod tests;

pub use conserver::error::ApiError;
pub use edge::serve::serve;
pub use readiness::Readiness;
pub use state::{ApiParts, ApiState, RenderMetrics, Shared};

/// What a handler gives back.
pub type Answer = Result<axum::response::Response, ApiError>;
