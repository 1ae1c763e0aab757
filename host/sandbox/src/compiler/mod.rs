//! Compiling components, in a process with limits of its own.
//!
//! Guarantee: a component can harm only the process that compiles it. That process ends within
//! `compile_time`, `compile_cpu` and `compile_memory_bytes`, leaves the processor to others that
//! want it, and can't open files. When the caller stops waiting, the process is killed. A process
//! is started only for code that is not in the cache.

pub mod child;
mod parent;

use std::sync::Arc;

use bytes::Bytes;

use crate::background::run_on;
use crate::code::Code;
use crate::compile_error::{CompileError, short};
use crate::engine::Sandbox;
use crate::settings::Compiler;

/// Compiles a component that passed [`inspect`](crate::inspect::inspect).
pub(crate) async fn compile(sandbox: &Arc<Sandbox>, bytes: Bytes) -> Result<Code, CompileError> {
    match &sandbox.settings.compiler {
        Compiler::InThisProcess => run_on(sandbox, move |sandbox| in_this_process(sandbox, &bytes)).await?,
        Compiler::Child(program) => {
            let output = parent::compile(program, &sandbox.settings, bytes).await?;
            // The process ended without an error, so its output is complete.
            Code::complete(output).ok_or_else(|| {
                CompileError::Host("the output of the compiling process is no code; report it".to_owned())
            })
        }
    }
}

fn in_this_process(sandbox: &Sandbox, bytes: &[u8]) -> Result<Code, CompileError> {
    let compiled = sandbox.engine.precompile_component(bytes);
    compiled
        .map(|payload| Code::of(&payload))
        .map_err(|error| CompileError::Rejected(short(&error)))
}
