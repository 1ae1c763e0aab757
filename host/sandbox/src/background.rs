//! Work on a component that has to be done in this process: hashing, checking, loading code.
//!
//! Guarantee: it runs on a low-priority thread of its own, so that neither a runtime nor a busy
//! core waits for it.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::compile_error::CompileError;
use crate::engine::Sandbox;
use crate::niceness;

/// Does the work on a low-priority thread and returns its result.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CompileError> {
    let (send, result) = oneshot::channel();
    let work = move || {
        niceness::lower_priority(niceness::OF_COMPILING);
        // The caller may have stopped waiting.
        let _ = send.send(work());
    };
    std::thread::Builder::new()
        .name("component".to_owned())
        .spawn(work)
        .map_err(|error| CompileError::Host(format!("a thread for the component can't be started: {error}")))?;
    // The only error is a panic. Its message has been printed by then.
    result
        .await
        .map_err(|_| CompileError::Host("the work on this component ended with a panic; report it".to_owned()))
}

/// Does work on a sandbox on a low-priority thread and returns its result.
pub(crate) async fn run_on<T: Send + 'static>(
    sandbox: &Arc<Sandbox>,
    work: impl FnOnce(&Sandbox) -> T + Send + 'static,
) -> Result<T, CompileError> {
    let sandbox = Arc::clone(sandbox);
    run(move || work(&sandbox)).await
}
