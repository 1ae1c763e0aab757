//! What a call carries in its store.
//!
//! Guarantee: there is one way to make a store, [`store`], and one to use it again, [`renew`]; both set every limit.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::call::{DocumentAccess, Environment, GuestMetrics};
use super::guest_log::{GuestLog, Source};
use super::host::stdio;
use super::memory::{LimitReached, Memory};
use super::meter::Meter;
use super::outbound::{Egress, Outbound};
use crate::call::CallEffects;
use vcon_document::VconId;
use vcon_document::{Document, Edit, EgressFormat};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, Digest, LinkName, ListName};
use vconduit_policy::{Grants, Limits};

/// Host-side resources (streams, requests, responses) open at once. A request takes ten; 32 requests at once are the ceiling.
const MAX_RESOURCES: usize = 1024;

/// Handles that a component may hold, those of its own resources included. Well above [`MAX_RESOURCES`], well below wasmtime's 100,000.
const MAX_HANDLES: usize = 10_000;

/// What a guest may hand over in one call of a host function beside the largest document: names, fields, a chunk of a request body.
const HOSTCALL_EXTRA_BYTES: u64 = 4 * 1024 * 1024;

/// Header fields of one message. Proxies and servers stop at 8–64 KiB.
pub(super) const MAX_FIELDS_BYTES: usize = 64 * 1024;

/// Random bytes in one call. A guest wants 16–64 for a seed.
const MAX_RANDOM_BYTES: u64 = 64 * 1024;

/// What a call works with, without the component and its answer.
pub(super) struct Context {
    /// The link, as configured.
    pub link: LinkName,
    /// The component.
    pub version: Digest,
    /// The chain that calls.
    pub chain: ChainName,
    /// Where the vCon came from.
    pub ingress_list: Option<ListName>,
    /// 1 for the first try.
    pub attempt: u32,
    /// What the link may reach.
    pub grants: Arc<Grants>,
    /// What it may use up.
    pub limits: Limits,
    /// The vCon that the call is about.
    pub vcon: VconId,
    /// The deployment's egress format.
    pub egress: EgressFormat,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// The way to other vCons.
    pub documents: Arc<dyn DocumentAccess>,
    /// Time and chance.
    pub environment: Arc<dyn Environment>,
    /// Where guest metrics go.
    pub metrics: Arc<dyn GuestMetrics>,
    /// Whether to keep the log lines and the requests.
    pub keep_log: bool,
}

/// The data of a store: all that host functions can get at.
pub(super) struct CallState {
    pub context: Context,
    /// The document with the edits applied.
    pub document: Option<Document>,
    pub edits: Vec<Edit>,
    /// Bytes of the edits so far.
    pub edit_bytes: u64,
    pub effects: CallEffects,
    /// Calls to the store of vCons so far.
    pub store_calls: u32,
    /// Metric values so far.
    pub metric_calls: u32,
    /// Whether something was done that can't be taken back, requests excepted: `egress` knows about those.
    pub changed_outside: bool,
    pub log: Arc<GuestLog>,
    pub memory: Memory,
    pub meter: Arc<Meter>,
    /// When the call has to be over.
    pub end: Instant,
    pub egress: Option<Egress>,
    outbound: Arc<Outbound>,
    table: ResourceTable,
    http: WasiHttpCtx,
    wasi: Option<WasiCtx>,
}

/// Makes the store of a call, with every limit set.
pub(super) fn store(
    engine: &Engine,
    context: Context,
    document: Option<Document>,
    end: Instant,
    outbound: Arc<Outbound>,
) -> wasmtime::Result<Store<CallState>> {
    let limits = context.limits;
    let mut store = Store::try_new(engine, CallState::new(context, document, end, outbound))?;
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(usize::try_from(hostcall_bytes(&limits)).unwrap_or(usize::MAX));
    store.set_max_component_handles(MAX_HANDLES);
    begin_epochs(&mut store);
    Ok(store)
}

/// Sets every limit of the next call of a store that is used again.
pub(super) fn renew(
    store: &mut Store<CallState>,
    context: Context,
    document: Option<Document>,
    end: Instant,
    outbound: Arc<Outbound>,
) {
    let limits = context.limits;
    let mut state = CallState::new(context, document, end, outbound);
    state.memory = Memory::after(&store.data().memory, limits.memory_bytes);
    *store.data_mut() = state;
    store.set_hostcall_fuel(usize::try_from(hostcall_bytes(&limits)).unwrap_or(usize::MAX));
    begin_epochs(store);
}

fn begin_epochs(store: &mut Store<CallState>) {
    // Every tick the guest gives the thread back: other calls, and the meter, get their turn.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().meter.exceeded() {
            return Err(cpu_limit(&store.data().context.limits).into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
}

/// What a link may hand over at once: a document and a little.
fn hostcall_bytes(limits: &Limits) -> u64 {
    limits.document_bytes.saturating_add(HOSTCALL_EXTRA_BYTES)
}

/// The message for a call that handed over more at once than it may.
pub(super) fn hostcall_limit(limits: &Limits) -> LimitReached {
    LimitReached(format!(
        "the link handed over more than {} bytes at once, and the limit document_bytes is {}; raise it if documents are that large",
        hostcall_bytes(limits),
        limits.document_bytes
    ))
}

/// The message for a call that has used up its CPU time.
pub(super) fn cpu_limit(limits: &Limits) -> LimitReached {
    LimitReached(format!(
        "the link used more than {} ms of CPU time, the limit cpu_ms; raise it, or look for a loop that does not end",
        limits.cpu.as_millis()
    ))
}

impl CallState {
    /// Whether an instance with this state can serve another call: it grew no memory and can't hold anything of the host's.
    pub(super) fn can_be_kept(&self) -> bool {
        !self.memory.has_grown() && self.wasi.is_none() && self.egress.is_none()
    }

    fn new(context: Context, document: Option<Document>, end: Instant, outbound: Arc<Outbound>) -> Self {
        let limits = context.limits;
        let source = Source {
            link: context.link.clone(),
            version: context.version.clone(),
            chain: context.chain.clone(),
            vcon: context.vcon.clone(),
        };
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(MAX_FIELDS_BYTES);
        Self {
            log: Arc::new(GuestLog::new(
                source,
                limits.log_line_bytes,
                limits.log_bytes,
                context.keep_log,
            )),
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
            egress: None,
            outbound,
            table,
            http,
            wasi: None,
        }
    }
}

/// A WASI with nothing in it: no environment, no arguments, no files, no network, no input.
fn empty_wasi(log: &Arc<GuestLog>) -> WasiCtx {
    WasiCtx::builder()
        .stdout(stdio::Output::stdout(Arc::clone(log)))
        .stderr(stdio::Output::stderr(Arc::clone(log)))
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM_BYTES)
        .build()
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Made when first asked for: seeding its random generators costs a microsecond, and most links never ask.
        let ctx = self.wasi.get_or_insert_with(|| empty_wasi(&self.log));
        WasiCtxView {
            ctx,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let hooks = self.egress.get_or_insert_with(|| {
            Egress::new(
                Arc::clone(&self.outbound),
                Arc::clone(&self.context.grants),
                Arc::clone(&self.context.secrets),
                self.context.limits,
                self.end,
                Arc::clone(&self.log),
                self.context.keep_log,
            )
        });
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks,
        }
    }
}
