//! The choice of the TLS provider (rustls with ring). Behind the feature `tls`.
//!
//! Guarantee: can be called any number of times and from any thread. The first choice of the
//! process stays, also if other code made it.

/// Makes ring the TLS provider of the process. The clients for HTTP, Redis, PostgreSQL and
/// registries panic if there is none.
pub fn choose_provider() {
    // An error means that one is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
