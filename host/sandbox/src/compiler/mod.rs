//! Where the code of components is made: in a process with limits of its own.
//!
//! Guarantee: whatever a component does to the compiler, it does to a process that ends within `compile_time`, `compile_cpu` and
//! `compile_memory_bytes`, leaves the processor to others that want it, and can open no file. When the caller goes away, so does
//! the process. Only code that is missing in the cache starts one.

pub mod child;
mod parent;

use std::sync::Arc;

use bytes::Bytes;

use super::aside::on;
use super::code::Code;
use super::compile_error::short;
use super::engine::Sandbox;
use super::{CompileError, Compiler};

/// Compiles a component that was looked into (`inspect`).
pub(super) async fn compile(sandbox: &Arc<Sandbox>, bytes: Bytes) -> Result<Code, CompileError> {
    match &sandbox.settings.compiler {
        Compiler::InThisProcess => on(sandbox, move |sandbox| in_this_process(sandbox, &bytes)).await?,
        Compiler::Child(program) => {
            let answer = parent::compile(program, &sandbox.settings, bytes).await?;
            // The process ended well, so all that it wrote is here.
            Code::whole(answer).ok_or_else(|| {
                CompileError::Host("the compiling process answered something that is no code; report it".to_owned())
            })
        }
    }
}

fn in_this_process(sandbox: &Sandbox, bytes: &[u8]) -> Result<Code, CompileError> {
    let made = sandbox.engine.precompile_component(bytes);
    made.map(|payload| Code::of(&payload))
        .map_err(|error| CompileError::Rejected(short(&error)))
}
