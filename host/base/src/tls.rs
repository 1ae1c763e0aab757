//! The choice of the TLS implementation (rustls with ring).
//!
//! Guarantee: may be called any number of times and from any thread. The first choice of the
//! process stays, also where it was made elsewhere.

/// Makes ring the provider of the process. The clients for HTTP, Redis, PostgreSQL and registries
/// panic if none is chosen.
pub fn choose_provider() {
    // An error means that one is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
