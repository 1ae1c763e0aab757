//! Outbound requests, with one policy for all of them.
//!
//! Guarantee: a request goes only to a host and port that the link was granted, over a connection
//! to an address that was checked after the name was resolved, within the call's counts, sizes and
//! time. No request begins while the call's gate is closed. The host follows no redirects. A guest
//! follows them with new requests, and each of those is checked like the first.
//!
//! The policy is code of this project because it is the core of the sandbox. The connections
//! themselves are made by `hyper` and `rustls`.

mod address;
mod body;
mod client;
mod fault;
mod header;
mod hooks;
mod policy;
mod record;
mod request;
mod resolve;
mod send;
mod state;
mod target;

#[cfg(test)]
mod tests;

pub(crate) use client::OutboundClients;
pub(crate) use hooks::OutboundHttp;
pub use record::OutboundRecord;
