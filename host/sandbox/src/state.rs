//! State of one call, stored in its wasmtime store.
//!
//! Guarantee: there is one way to make a store, [`store`], and one way to reuse it, [`renew`]. Both
//! set every limit.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::context::CallContext;
use crate::guest_log::{GuestLog, LogSource};
use crate::memory::{LimitReached, Memory};
use crate::meter::Meter;
use crate::outbound::{OutboundClients, OutboundHttp};
use crate::outcome::CallEffects;
use crate::stdio;
use vcon_document::{Document, Edit};
use vconduit_base::names::Digest;
use vconduit_policy::Limits;

/// Maximum number of host-side resources (streams, requests, responses) that are open at once. A
/// request takes ten, and 32 requests at once are the maximum.
const MAX_RESOURCES: usize = 1024;

/// Maximum number of handles that a component may hold, those of its own resources included. Well
/// above [`MAX_RESOURCES`], well below wasmtime's 100,000.
const MAX_HANDLES: usize = 10_000;

/// Bytes that a guest may pass in one call of a host function in addition to the largest document:
/// names, fields, a chunk of a request body.
const HOSTCALL_EXTRA_BYTES: u64 = 4 * 1024 * 1024;

/// Maximum size of the header fields of one message, in bytes. Proxies and servers stop at 8–64
/// KiB.
pub(crate) const MAX_FIELDS_BYTES: usize = 64 * 1024;

/// Maximum number of random bytes in one call of `wasi:random`. A guest needs 16–64 for a seed.
const MAX_RANDOM_BYTES: u64 = 64 * 1024;

/// Data of a store: everything that host functions can access.
pub(crate) struct CallState {
    pub context: CallContext,
    /// Document with the edits applied.
    pub document: Option<Document>,
    pub edits: Vec<Edit>,
    /// Size of the edits so far, in bytes.
    pub edit_bytes: u64,
    pub effects: CallEffects,
    /// Number of operations on other vCons so far.
    pub store_calls: u32,
    /// Number of metric values so far.
    pub metric_calls: u32,
    /// True if the call did something that can't be undone, except requests, which `outbound`
    /// counts.
    pub changed_outside: bool,
    pub log: Arc<GuestLog>,
    pub memory: Memory,
    pub meter: Arc<Meter>,
    /// Time by which the call has to end.
    pub end: Instant,
    pub outbound: Option<OutboundHttp>,
    clients: Arc<OutboundClients>,
    table: ResourceTable,
    http: WasiHttpCtx,
    wasi: Option<WasiCtx>,
}

/// Makes the store of a call and sets every limit.
pub(crate) fn store(engine: &Engine, state: CallState) -> wasmtime::Result<Store<CallState>> {
    let hostcall_bytes = hostcall_bytes(&state.context.limits);
    let mut store = Store::try_new(engine, state)?;
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(usize::try_from(hostcall_bytes).unwrap_or(usize::MAX));
    store.set_max_component_handles(MAX_HANDLES);
    begin_epochs(&mut store);
    Ok(store)
}

/// Prepares a store for its next call and sets every limit of that call.
pub(crate) fn renew(store: &mut Store<CallState>, mut state: CallState) {
    let limits = state.context.limits;
    state.memory = Memory::after(&store.data().memory, limits.memory_bytes);
    *store.data_mut() = state;
    store.set_hostcall_fuel(usize::try_from(hostcall_bytes(&limits)).unwrap_or(usize::MAX));
    begin_epochs(store);
}

fn begin_epochs(store: &mut Store<CallState>) {
    // At every tick the guest yields the thread, so that other calls and the meter get their turn.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().meter.exceeded() {
            return Err(cpu_limit(&store.data().context.limits).into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
}

/// Returns the bytes that a link may pass to one host function.
fn hostcall_bytes(limits: &Limits) -> u64 {
    limits.document_bytes.saturating_add(HOSTCALL_EXTRA_BYTES)
}

/// Returns the error of a call that passed too many bytes to one host function.
pub(crate) fn hostcall_limit(limits: &Limits) -> LimitReached {
    LimitReached(format!(
        "the link passed more than {} bytes to the host at once, and the limit document_bytes is {}; raise it if documents are that large",
        hostcall_bytes(limits),
        limits.document_bytes
    ))
}

/// Returns the error of a call that used up its CPU time.
pub(crate) fn cpu_limit(limits: &Limits) -> LimitReached {
    LimitReached(format!(
        "the link used more than {} ms of CPU time, the limit cpu_ms; raise it, or look for a loop that does not end",
        limits.cpu.as_millis()
    ))
}

impl CallState {
    /// State at the start of a call of the component `version` that has to end by `end`.
    pub(crate) fn new(
        context: CallContext,
        version: &Digest,
        document: Option<Document>,
        end: Instant,
        clients: Arc<OutboundClients>,
    ) -> Self {
        let limits = context.limits;
        let source = LogSource {
            link: context.link.clone(),
            version: version.clone(),
            chain: context.chain.clone(),
            vcon: context.vcon.clone(),
        };
        let log = GuestLog::new(source, limits.log_line_bytes, limits.log_bytes, context.keep_log);
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_FIELDS_BYTES);
        Self {
            log: Arc::new(log),
            memory: Memory::new(limits.memory_bytes),
            meter: Arc::new(Meter::new(limits.cpu)),
            context,
            document,
            edits: Vec::new(),
            edit_bytes: 0,
            effects: CallEffects::default(),
            store_calls: 0,
            metric_calls: 0,
            changed_outside: false,
            end,
            outbound: None,
            clients,
            table,
            http,
            wasi: None,
        }
    }

    /// Returns true if an instance with this state can serve another call: it grew no memory and
    /// can't hold a resource of the host.
    pub(crate) fn can_be_kept(&self) -> bool {
        !self.memory.has_grown() && self.wasi.is_none() && self.outbound.is_none()
    }
}

/// Makes an empty WASI: no environment, arguments, files, network or input.
fn empty_wasi(log: &Arc<GuestLog>) -> WasiCtx {
    WasiCtx::builder()
        .stdout(stdio::GuestOutput::stdout(Arc::clone(log)))
        .stderr(stdio::GuestOutput::stderr(Arc::clone(log)))
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM_BYTES)
        .build()
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Made on first use: seeding its random generators costs a microsecond, and most links
        // never use it.
        let ctx = self.wasi.get_or_insert_with(|| empty_wasi(&self.log));
        WasiCtxView {
            ctx,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let hooks = self.outbound.get_or_insert_with(|| {
            OutboundHttp::new(
                Arc::clone(&self.clients),
                &self.context,
                self.end,
                Arc::clone(&self.log),
            )
        });
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks,
        }
    }
}
