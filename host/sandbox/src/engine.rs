//! The sandbox: one engine for all components, and the places that calls run in.
//!
//! Guarantee: at most `max_concurrent_calls` instances exist at once; who finds no place waits for one, within the call's time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::Engine;
use wasmtime::component::Linker;

use super::cache::Cache;
use super::long::LongCalls;
use super::outbound::Outbound;
use super::state::CallState;
use super::ticker::Ticker;
use super::warm::Shelf;
use super::{CallError, SandboxSettings, host, pool};

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine could not be made.
    #[error("the WebAssembly engine can't be set up: {0}")]
    Engine(String),
    /// The threads of the clock or of long calls could not be started.
    #[error("the sandbox's threads can't be started: {0}")]
    Thread(#[from] std::io::Error),
    /// The HTTP clients could not be made.
    #[error("the HTTP client for links can't be set up: {0}")]
    Http(String),
}

/// The sandbox.
pub struct Sandbox {
    pub(super) settings: SandboxSettings,
    pub(super) engine: Engine,
    pub(super) linker: Linker<CallState>,
    pub(super) cache: Cache,
    pub(super) outbound: Arc<Outbound>,
    pub(super) ticker: Ticker,
    pub(super) compiling: Arc<Semaphore>,
    pub(super) warm: Shelf,
    pub(super) long_calls: LongCalls,
    places: Semaphore,
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
    /// Makes the engine and what belongs to it.
    ///
    /// # Errors
    /// When the machine has no address space, thread or random numbers to give.
    pub fn new(settings: SandboxSettings) -> Result<Arc<Self>, SandboxError> {
        let engine_error = |error: wasmtime::Error| SandboxError::Engine(format!("{error:#}"));
        let (engine, pooled) = pool::engine(&settings).map_err(engine_error)?;
        let sandbox = Self {
            linker: host::linker(&engine).map_err(engine_error)?,
            cache: Cache::open(settings.cache_dir.as_deref(), &engine),
            outbound: Arc::new(Outbound::new().map_err(|error| SandboxError::Http(error.to_string()))?),
            ticker: Ticker::start(engine.weak(), settings.tick)?,
            compiling: Arc::new(Semaphore::new(settings.concurrent_compiles.max(1))),
            warm: Shelf::default(),
            long_calls: LongCalls::start()?,
            places: Semaphore::new(usize::try_from(settings.max_concurrent_calls).unwrap_or(Semaphore::MAX_PERMITS)),
            settings,
            engine,
            pooled,
        };
        Ok(Arc::new(sandbox))
    }

    /// The largest component.
    #[must_use]
    pub fn component_bytes(&self) -> u64 {
        self.settings.component_bytes
    }

    /// Whether instances come from a pool (else the machine had no room for one, and calls are slower).
    #[must_use]
    pub fn pooled(&self) -> bool {
        self.pooled
    }

    /// Waits for a place to run in, as long as a call may take.
    pub(super) async fn place(
        &self,
        wall: Duration,
        deadline: Option<Instant>,
    ) -> Result<SemaphorePermit<'_>, CallError> {
        if let Ok(permit) = self.places.try_acquire() {
            return Ok(permit);
        }
        let own = Instant::now() + wall;
        let end = deadline.map_or(own, |deadline| deadline.min(own));
        match tokio::time::timeout_at(end.into(), self.places.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(CallError::Host("the sandbox is closed".to_owned())),
            Err(_) if deadline.is_some_and(|deadline| deadline <= own) => Err(CallError::ChainDeadline),
            Err(_) => Err(CallError::Host(format!(
                "all {} places for calls are taken; raise max_concurrent_calls, or look for links that wait",
                self.settings.max_concurrent_calls
            ))),
        }
    }
}
