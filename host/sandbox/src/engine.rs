//! The sandbox: one engine for all components, and the slots that calls run in.
//!
//! Guarantee: at most `max_concurrent_calls` calls run at once. A call that finds no free slot
//! waits for one, within its own time limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::cache::Cache;
use crate::call_error::CallError;
use crate::long::LongCalls;
use crate::outbound::OutboundClients;
use crate::settings::SandboxSettings;
use crate::state::CallState;
use crate::ticker::Ticker;
use crate::warm::WarmInstances;
use crate::{host, pool};

/// Reason why a sandbox could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine could not be made.
    #[error("the WebAssembly engine can't be set up: {0}")]
    Engine(String),
    /// The thread of the epoch or those of long calls could not be started.
    #[error("the sandbox's threads can't be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The HTTP clients could not be made.
    #[error("the HTTP client for links can't be set up: {0}")]
    Http(String),
}

/// An engine with everything that its components share: linker, cache, HTTP clients, threads.
pub struct Sandbox {
    pub(crate) settings: SandboxSettings,
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<CallState>,
    pub(crate) cache: Cache,
    pub(crate) clients: Arc<OutboundClients>,
    pub(crate) ticker: Ticker,
    pub(crate) compiling: Arc<Semaphore>,
    pub(crate) warm: WarmInstances,
    pub(crate) long_calls: LongCalls,
    slots: Semaphore,
    pooled: bool,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("settings", &self.settings)
            .field("pooled", &self.pooled)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Makes a sandbox.
    ///
    /// # Errors
    /// If the machine has no address space, threads or TLS provider to give.
    pub fn new(settings: SandboxSettings) -> Result<Arc<Self>, SandboxError> {
        let engine_error = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
        let (engine, pooled) = pool::engine(&settings).map_err(engine_error)?;
        let sandbox = Self {
            linker: host::linker(&engine).map_err(engine_error)?,
            cache: Cache::open(settings.cache_dir.as_deref(), &engine),
            clients: Arc::new(OutboundClients::new().map_err(|error| SandboxError::Http(error.to_string()))?),
            ticker: Ticker::start(engine.weak(), settings.tick)?,
            compiling: Arc::new(Semaphore::new(settings.concurrent_compiles.max(1))),
            warm: WarmInstances::default(),
            long_calls: LongCalls::start()?,
            slots: Semaphore::new(usize::try_from(settings.max_concurrent_calls).unwrap_or(Semaphore::MAX_PERMITS)),
            settings,
            engine,
            pooled,
        };
        Ok(Arc::new(sandbox))
    }

    /// Returns the maximum size of a component, in bytes.
    #[must_use]
    pub fn component_bytes(&self) -> u64 {
        self.settings.component_bytes
    }

    /// Waits for a slot, at most as long as the call may take.
    pub(crate) async fn acquire_slot(
        &self,
        wall: Duration,
        deadline: Option<Instant>,
    ) -> Result<SemaphorePermit<'_>, CallError> {
        if let Ok(permit) = self.slots.try_acquire() {
            return Ok(permit);
        }
        let own = Instant::now() + wall;
        let end = deadline.map_or(own, |deadline| deadline.min(own));
        match tokio::time::timeout_at(end.into(), self.slots.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(CallError::Host("the sandbox is closed".to_owned())),
            Err(_) if deadline.is_some_and(|deadline| deadline <= own) => Err(CallError::ChainDeadline),
            Err(_) => Err(CallError::Host(format!(
                "all {} slots for calls are in use; raise max_concurrent_calls, or look for links that wait",
                self.settings.max_concurrent_calls
            ))),
        }
    }
}
