//! The REST API: the Conserver's routes, and the admin API.
//!
//! Guarantee: paths, parameters, status codes and bodies are those that the Conserver's clients
//! know. Every response is JSON with a request id, whatever a client sends. Size and time of a
//! request are bounded before it is parsed.
//!
//! ```text
//! edge (request id, CORS, prefix, metrics) ─► router ─► façade: auth, parse ─► service ─► respond
//! ```
//!
//! - [`edge`]: the part that is the same for every route.
//! - [`auth`]: callers by their keys.
//! - [`conserver`] and [`admin`]: the two façades, each with its own error type. Each handler
//!   parses, calls one service and responds. A façade knows `edge` and `auth`, and never another
//!   façade.
//!
//! Design: a further façade, such as `py_vcon` or `ui`, is a folder of its own next to these two.

pub mod admin;
pub mod auth;
pub mod conserver;
mod docs;
pub mod edge;
mod openapi;
pub mod readiness;
pub mod router;
mod state;

#[cfg(test)]
mod tests;

pub use edge::serve::serve;
pub use readiness::Readiness;
pub use state::{ApiParts, ApiState, RenderMetrics, Shared};
