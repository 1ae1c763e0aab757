//! HTTP requests to services. Grant: `http: [hosts]`.
//!
//! ```
//! # use vcon_link::{Failure, http, serde_json::Value};
//! # use std::time::Duration;
//! fn ask(question: &Value) -> Result<Value, Failure> {
//!     let answer = http::post("https://api.example/v1/ask")
//!         // The host fills in the secret. The link never sees it.
//!         .header("authorization", "Bearer {{secret:API_KEY}}")
//!         .json(question)
//!         .timeout(Duration::from_secs(20))
//!         .retries(2)
//!         .send()?
//!         .error_for_status()?
//!         .json()?;
//!     Ok(answer)
//! }
//! ```
//!
//! Redirects are followed, each as a new request, so that the host checks every address. Errors
//! show only the host of a URL, because the rest may contain secrets.

mod error;
mod redirect;
mod request;
mod response;
mod retry;
mod url;
mod wire;

pub use error::Error;
pub use request::{Request, delete, get, patch, post, put, request};
pub use response::Response;
