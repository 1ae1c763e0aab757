//! Small helpers that several modules need and none of them owns. One file for each purpose.
//!
//! Guarantee: nothing here knows a module outside `base`. A helper with one user belongs to that
//! user.

pub mod cause;
pub mod clock;
pub mod secret_ref;
pub mod suggest;
pub mod tls;
