//! Where the code of components is made: in a process with limits of its own.
//!
//! Guarantee: whatever a component does to the compiler, it does to a process that ends within `compile_time`, `compile_cpu` and
//! `compile_memory_bytes`, leaves the processor to others that want it, and can open no file. When the caller goes away, so does
//! the process. Only code that is missing in the cache starts one.

pub mod child;
mod parent;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::code::Code;
use super::compile::{CompileError, on, short};
use super::engine::Sandbox;

/// This program's own file, also when it was replaced or removed since the start: code has to come from the same version.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Where components are compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// On a thread, for components that are trusted, as those of tests. Such a thread can't be stopped and is bound by no limit.
    InThisProcess,
    /// In a process of its own. The program is `vconduit`.
    Child(PathBuf),
}

impl Compiler {
    /// A process of the program that is running, which has to be `vconduit`.
    ///
    /// # Errors
    /// When the system does not tell which program that is.
    pub fn this_program() -> std::io::Result<Self> {
        let own = Path::new(OWN_PROGRAM);
        if own.exists() {
            return Ok(Self::Child(own.to_owned()));
        }
        std::env::current_exe().map(Self::Child)
    }
}

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
