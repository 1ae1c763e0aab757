//! Runs components. Everything that a component can use, reach or use up is decided here.
//!
//! Guarantee: whatever the bytes are and whatever the code does, a call ends within its limits with an answer, the host
//! goes on unharmed, and nothing outside the call's own document and grants was read or changed.

pub mod call;
pub mod compile;
pub mod engine;
pub mod grants;
pub mod host;
pub mod instance;
pub mod limits;
pub mod outbound;
pub mod secrets;
pub mod usage;

pub use call::{Call, CallError, CallReport, Failure, Outcome};
pub use compile::{Compiled, CompileError, World};
pub use engine::{Sandbox, SandboxSettings};
pub use grants::Grants;
pub use limits::Limits;
pub use secrets::Secrets;
pub use usage::Usage;
