//! Vocabulary that the parts of vConduit share: names, secrets, texts made safe to show, lifetimes.
//!
//! Guarantee: nothing here reads a document, calls a store or opens a connection.
//!
//! Every module has one purpose, and users in at least two crates. A helper with one user belongs
//! to that user.

pub mod cause;
pub mod clock;
pub mod config_revision;
pub mod entries;
pub mod lifetimes;
pub mod log_format;
pub mod modules;
pub mod names;
pub mod redis;
pub mod secret_ref;
pub mod secrets;
pub mod suggest;
pub mod text;
#[cfg(feature = "tls")]
pub mod tls;

pub use config_revision::ConfigRevision;
pub use entries::ConfigEntries;
pub use lifetimes::Lifetimes;
pub use log_format::LogFormat;
pub use secrets::Secrets;
