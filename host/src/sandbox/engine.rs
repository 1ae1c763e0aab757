//! The sandbox: one engine for all components, and the places that calls run in.
//!
//! Guarantee: at most `max_concurrent_calls` instances exist at once; who finds no place waits for one, within the call's time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::Engine;
use wasmtime::component::Linker;

use super::cache::Cache;
use super::compile::{self, CompileError, Compiled, Description};
use super::compiler::Compiler;
use super::long::LongCalls;
use super::outbound::Outbound;
use super::state::CallState;
use super::ticker::Ticker;
use super::warm::Shelf;
use super::{Call, CallError, CallReport, host, instance, pool, probe};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Where compiled code is kept; absent: compiled again at each start.
    pub cache_dir: Option<PathBuf>,
    /// Instances at once. Most of them wait for a service; a place costs address space (16 GiB), no memory.
    pub max_concurrent_calls: u32,
    /// How often running code comes up for air. At 1 ms two endless loops on two threads hold others up for 1–2 ms; at 10 ms for 18.
    pub tick: Duration,
    /// The most memory that a call may be given: the ceiling of `memory_bytes`.
    pub max_memory_bytes: u64,
    /// Places that keep their memory for the component that used them last.
    pub warm_slots: u32,
    /// Memory that a place keeps and clears instead of giving it back, where the kernel can tell what was written (`PAGEMAP_SCAN`).
    /// Measured with a small link: 0 gives 25,000 calls/s on one thread and 14,000 on two, 256 KiB to 4 MiB 64,000 and 110,000.
    pub keep_resident_bytes: usize,
    /// The same for a table: 0 gives 39,000 calls/s on one thread and 35,000 on two.
    pub keep_resident_table_bytes: usize,
    /// The same for a stack.
    pub keep_resident_stack_bytes: usize,
    /// The largest component.
    pub component_bytes: u64,
    /// Where components are compiled.
    pub compiler: Compiler,
    /// How long a component may take to compile, from the start of its turn. Five times `compile_cpu`: on a busy machine the compiling
    /// process gets only what others leave.
    pub compile_time: Duration,
    /// CPU time that a compiling process may use, all its threads together, in whole seconds. A Python component (18 MB, CPython inside)
    /// takes 11.5 s.
    pub compile_cpu: Duration,
    /// How long a compiling process may try with what no one else wants of the processors before it gets a share, and twice as much longer
    /// for each MiB of its component. A machine that does nothing else needs 0.2 s for a small link and 0.7 s a MiB for a large one.
    pub compile_leftovers: Duration,
    /// Address space that a compiling process may use. That Python component takes between 768 MiB and 1 GiB, of which
    /// 0.5 GiB (one thread) to 0.6 GiB (four) are ever in memory; it becomes 35 MB of code.
    pub compile_memory_bytes: u64,
    /// Components compiled at once, each on half of the processors. Two, so that a small one need not wait for a large one.
    pub concurrent_compiles: usize,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            cache_dir: None,
            max_concurrent_calls: 512,
            tick: Duration::from_millis(1),
            max_memory_bytes: 512 * MIB,
            warm_slots: 64,
            keep_resident_bytes: 1024 * 1024,
            keep_resident_table_bytes: 64 * 1024,
            keep_resident_stack_bytes: 32 * 1024,
            component_bytes: 64 * MIB,
            compiler: Compiler::InThisProcess,
            compile_time: Duration::from_secs(300),
            compile_cpu: Duration::from_secs(60),
            compile_leftovers: Duration::from_secs(2),
            compile_memory_bytes: 2 * 1024 * MIB,
            concurrent_compiles: 2,
        }
    }
}

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

    /// Checks, compiles and links a component, and asks it what it is.
    ///
    /// # Errors
    /// What is wrong with the bytes, in words for who uploaded them.
    pub async fn compile(self: &Arc<Self>, bytes: impl Into<Bytes>) -> Result<Arc<Compiled>, CompileError> {
        compile::compile(self, bytes.into()).await
    }

    /// Asks a component again what it is.
    ///
    /// # Errors
    /// When the component traps, takes too long or says something that is not a description.
    pub async fn describe(&self, component: &Compiled) -> Result<Description, CallError> {
        let context = probe::context(component.digest.clone())?;
        let said = instance::describe(self, &component.pre, context).await?;
        Description::checked(said).map_err(|error| CallError::BadAnswer(error.to_string()))
    }

    /// Runs one call, in a fresh instance unless the call allows one that was kept.
    pub async fn call(self: &Arc<Self>, call: Call) -> CallReport {
        instance::run(self, call).await
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
