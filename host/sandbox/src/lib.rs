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
mod compile;
mod compile_error;
mod compiled;
pub mod compiler;
mod description;
pub mod dry_run;
pub mod engine;
mod guest_log;
pub mod host;
pub mod inspect;
mod instance;
mod linked;
mod long;
mod memory;
mod meter;
mod niceness;
pub mod options;
pub mod outbound;
mod pool;
pub mod probe;
pub mod runtime;
mod settings;
mod state;
mod ticker;
pub mod usage;
mod warm;

#[cfg(test)]
mod tests;

pub use call::{Call, CallError, CallReport, Failure, Outcome};
pub use compile_error::CompileError;
pub use compiled::Compiled;
pub use description::Description;
pub use dry_run::{DryReport, DryRun, dry_run};
pub use engine::Sandbox;
pub use linked::World;
pub use settings::{Compiler, SandboxSettings};
pub use usage::Usage;

use std::sync::Arc;

/// What a sandbox does.
impl Sandbox {
    /// Checks, compiles and links a component, and asks it what it is.
    ///
    /// # Errors
    /// What is wrong with the bytes, in words for who uploaded them.
    pub async fn compile(self: &Arc<Self>, bytes: impl Into<bytes::Bytes>) -> Result<Arc<Compiled>, CompileError> {
        compile::compile(self, bytes.into()).await
    }

    /// Asks a component again what it is.
    ///
    /// # Errors
    /// When the component traps, takes too long or says something that is not a description.
    pub async fn describe(&self, component: &Compiled) -> Result<Description, CallError> {
        let context = probe::context(component.digest.clone())?;
        let said = instance::describe(self, &component.linked, context).await?;
        Description::checked(said).map_err(|error| CallError::BadAnswer(error.to_string()))
    }

    /// Runs one call, in a fresh instance unless the call allows one that was kept.
    pub async fn call(self: &Arc<Self>, call: Call) -> CallReport {
        instance::run(self, call).await
    }
}
