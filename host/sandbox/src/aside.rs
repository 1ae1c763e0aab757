//! Work on a component that has to be done in this process: hashing, checking, loading code.
//!
//! Guarantee: it runs on a thread of its own that stands back, so that neither a runtime nor a core of others waits for it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::CompileError;
use super::engine::Sandbox;
use super::niceness;

/// Does the work, and waits for it.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CompileError> {
    let (send, result) = oneshot::channel();
    let work = move || {
        niceness::stand_back(niceness::OF_COMPILING);
        // The caller may be gone.
        let _ = send.send(work());
    };
    std::thread::Builder::new()
        .name("component".to_owned())
        .spawn(work)
        .map_err(|error| CompileError::Host(format!("a thread for the component can't be started: {error}")))?;
    // The error is a panic; its message has been printed by then.
    result
        .await
        .map_err(|_| CompileError::Host("the compiler gave up on this component; report it".to_owned()))
}

/// Does work on a sandbox, aside.
pub(super) async fn on<T: Send + 'static>(
    sandbox: &Arc<Sandbox>,
    work: impl FnOnce(&Sandbox) -> T + Send + 'static,
) -> Result<T, CompileError> {
    let sandbox = Arc::clone(sandbox);
    aside(move || work(&sandbox)).await
}
