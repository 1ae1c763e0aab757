//! vConduit.
#![forbid(unsafe_op_in_unsafe_fn)]
pub mod names; pub mod store; pub mod vcon; pub mod sandbox; pub mod storage; pub mod config; pub mod snapshot;
