//! Authentication: the caller of a request, by its headers.
//!
//! Guarantee: keys are compared as SHA-256 digests, so that the time of a comparison says nothing
//! about a key. No key is kept in clear, printed or logged, except that those of partners stay in
//! the configuration.
//!
//! Each kind of caller has a type that only this module makes, and a type for the reasons of a
//! refusal. This module knows no responses: each façade turns a refusal into its own error.

mod clients;
mod operators;
mod partners;

use sha2::{Digest as _, Sha256};

pub use clients::{ApiKeys, Client, ClientRefused, HeaderNameError};
pub use operators::{AdminKeys, Operator, OperatorRefused};
pub use partners::{Partner, PartnerRefused};

type KeyDigest = [u8; 32];

fn digest(key: &[u8]) -> KeyDigest {
    Sha256::digest(key).into()
}
