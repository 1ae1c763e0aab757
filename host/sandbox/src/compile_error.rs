//! Why bytes did not become a component that can be called, in words for who uploaded them.

use std::time::Duration;

use super::CallError;
use vconduit_base::text;

/// Why bytes did not become a component that can be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// Too long.
    #[error(
        "the component is {size} bytes long, the limit component_bytes is {limit}; strip debug information, or raise the limit"
    )]
    TooLarge {
        /// Its length.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Something else.
    #[error("this is not a WebAssembly component but {what}; {instead}")]
    NotComponent {
        /// What it looks like.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A component, but not a whole one.
    #[error("the component is damaged: {0}; upload it again")]
    Damaged(String),
    /// Too much to compile.
    #[error("the component is too complex: {0}")]
    TooComplex(String),
    /// Neither world.
    #[error(
        "the component exports neither vcon:link/handler@0.1 nor vcon:link/transformer@0.1 (it exports: {0}); build it against package vcon:link"
    )]
    NoWorld(String),
    /// Imports that the host does not have.
    #[error("the component imports what this host does not have: {0}; links may import vcon:link@0.1 and wasi@0.2")]
    UnknownImports(String),
    /// Compiling took too long.
    #[error("the component did not compile within {} s, the limit compile_time", .0.as_secs())]
    TooSlow(Duration),
    /// Compiling took too much CPU time.
    #[error("the component takes more than {} s of CPU time to compile, the limit compile_cpu; make it smaller, or look for one huge function", .0.as_secs())]
    TooMuchCpu(Duration),
    /// Compiling took too much memory.
    #[error(
        "the component takes more memory to compile than {0} bytes, the limit compile_memory_bytes; make it smaller, or look for one huge function"
    )]
    TooMuchMemory(u64),
    /// The compiler refused it.
    #[error("the component does not compile: {0}")]
    Rejected(String),
    /// A function has other types than the contract.
    #[error("the component does not fit the contract: {0}; build it against the host's version of package vcon:link")]
    WrongType(String),
    /// `describe` failed.
    #[error("the component could not say what it is (describe): {0}")]
    Describe(CallError),
    /// `describe` gave something else than the contract says.
    #[error("the component's description is not usable: {0}")]
    BadDescription(String),
    /// The host could not do it.
    #[error("the host could not compile: {0}")]
    Host(String),
}

/// An error of the engine, fit for an answer.
pub(super) fn short(error: &wasmtime::Error) -> String {
    text::clean(&format!("{error:#}"), 500).into_owned()
}
