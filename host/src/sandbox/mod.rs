//! Runs components. Everything that a component can use, reach or use up is decided here.
//!
//! Guarantee: whatever the bytes are and whatever the code does, a call ends within its limits with an answer, the host
//! goes on unharmed, and nothing outside the call's own document and grants was read or changed.
//!
//! ```text
//! bytes ─► inspect (cheap checks) ─► cache / compiler (a process of its own) ─► Compiled (pre-linked)
//! Call ─► engine (a place in the pool) ─► state (every limit set) ─► instance (run, answers checked) ─► CallReport
//!                                           │ host/: one file per WIT interface
//!                                           └ outbound/: one policy for every request that leaves
//! ```

mod answer;
mod aside;
mod bindings;
mod cache;
pub mod call;
mod code;
pub mod compile;
pub mod compiler;
pub mod dry_run;
pub mod engine;
pub mod grants;
mod guest_log;
pub mod host;
pub(crate) mod inspect;
pub mod instance;
pub mod limits;
mod long;
mod memory;
mod meter;
pub mod outbound;
mod pool;
pub mod probe;
pub mod runtime;
pub mod secrets;
mod state;
pub(crate) mod text;
mod ticker;
pub mod usage;
mod warm;

#[cfg(test)]
mod tests;

pub use call::{Call, CallError, CallReport, Failure, Outcome};
pub use compile::{CompileError, Compiled, Description, World};
pub use compiler::Compiler;
pub use dry_run::{DryReport, DryRun, dry_run};
pub use engine::{Sandbox, SandboxSettings};
pub use grants::Grants;
pub use limits::Limits;
pub use secrets::Secrets;
pub use usage::Usage;
