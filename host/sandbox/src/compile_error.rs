//! Errors of compiling, for the person who uploaded the component.

use std::time::Duration;

use crate::call_error::CallError;
use vconduit_base::text;

/// Reason why an upload did not become a component that can be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The upload is too long.
    #[error(
        "the component is {size} bytes long, the limit component_bytes is {limit}; strip debug information, or raise the limit"
    )]
    TooLarge {
        /// Its length in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The upload is something else.
    #[error("this is not a WebAssembly component but {what}; {instead}")]
    NotComponent {
        /// Description of what it looks like.
        what: &'static str,
        /// The next step.
        instead: &'static str,
    },
    /// The upload is a component with damaged or missing bytes.
    #[error("the component is damaged: {0}; upload it again")]
    Damaged(String),
    /// The component has too many or too large parts.
    #[error("the component is too complex: {0}")]
    TooComplex(String),
    /// The component implements neither world. The text lists its exports.
    #[error(
        "the component exports neither vcon:link/handler@0.1 nor vcon:link/transformer@0.1 (it exports: {0}); build it against package vcon:link"
    )]
    NoWorld(String),
    /// The component has imports that the host does not have. The text lists them.
    #[error("the component has imports that this host does not have: {0}; links may import vcon:link@0.1 and wasi@0.2")]
    UnknownImports(String),
    /// Compiling took too long.
    #[error("the component did not compile within {} s, the limit compile_time", .0.as_secs())]
    TooSlow(Duration),
    /// Compiling took too much CPU time.
    #[error(
        "the component takes more than {} s of CPU time to compile, the limit compile_cpu; make it smaller, or look for one huge function",
        .0.as_secs()
    )]
    TooMuchCpu(Duration),
    /// Compiling took too much memory.
    #[error(
        "the component takes more memory to compile than {0} bytes, the limit compile_memory_bytes; make it smaller, or look for one huge function"
    )]
    TooMuchMemory(u64),
    /// The compiler rejected the component.
    #[error("the component does not compile: {0}")]
    Rejected(String),
    /// A function has other types than those of the contract.
    #[error("the component does not fit the contract: {0}; build it against the host's version of package vcon:link")]
    WrongType(String),
    /// `describe` failed.
    #[error("the component could not say what it is (describe): {0}")]
    Describe(CallError),
    /// The result of `describe` violates the contract.
    #[error("the component's description can't be used: {0}")]
    BadDescription(String),
    /// The host could not compile.
    #[error("the host could not compile: {0}")]
    Host(String),
}

/// Returns the text of an engine's error, escaped and bounded.
pub(crate) fn short(error: &wasmtime::Error) -> String {
    text::clean(&format!("{error:#}"), 500).into_owned()
}
