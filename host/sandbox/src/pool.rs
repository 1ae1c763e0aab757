//! Set-up of the engine: the pool of instances, and the WebAssembly features that are on.
//!
//! Guarantee: a call that has one of the `max_concurrent_calls` slots finds its instance, memories,
//! tables and stack in the pool, whatever its component consists of.

use std::num::NonZeroUsize;

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails,
};

use crate::settings::SandboxSettings;

/// Maximum number of core instances of one component. Python components have 38.
const MAX_CORE_INSTANCES: u32 = 64;

/// Maximum number of instances in one store: those of the component and those that wasmtime adds.
pub(crate) const MAX_STORE_INSTANCES: usize = 128;

/// Maximum number of memories of one component. Components of every toolchain tried have one,
/// adapters and composed components a few.
pub(crate) const MAX_MEMORIES: usize = 4;

/// Maximum number of tables of one component. Compilers make one, the glue of `wit-component` one
/// more.
pub(crate) const MAX_TABLES: usize = 8;

/// Maximum number of elements of one table. CPython and SpiderMonkey stay below 20,000 function
/// pointers.
const TABLE_ELEMENTS: usize = 65_536;

/// Maximum number of instances that are kept for later calls, over all links. The pool has this
/// many places more than `max_concurrent_calls`.
pub(crate) const MAX_KEPT_INSTANCES: usize = 32;

/// Size of the guest's stack, in bytes. Interpreters recurse deeply on nested data. wasmtime's
/// default of half a megabyte is small for them.
const GUEST_STACK_BYTES: usize = 1024 * 1024;

/// Size of the stack that a call runs on, in bytes: the guest's, and the same again for host
/// functions.
const CALL_STACK_BYTES: usize = 2 * GUEST_STACK_BYTES;

/// Number of frames of a backtrace in an error. More is noise.
const BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// Makes the engine. The flag is true if it has a pool. It has none if the machine does not give
/// the address space for one.
pub(crate) fn engine(settings: &SandboxSettings) -> wasmtime::Result<(Engine, bool)> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    match Engine::new(&config) {
        Ok(engine) => Ok((engine, true)),
        Err(error) => {
            tracing::warn!(
                "no pool for {} concurrent calls ({error:#}); instances are made on demand, which is slower; lower max_concurrent_calls or allow more address space",
                settings.max_concurrent_calls
            );
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Ok((Engine::new(&config)?, false))
        }
    }
}

/// Makes an engine that only compiles. The allocation of instances does not affect the code, so its
/// code fits the engine of [`engine`].
pub(crate) fn compiling() -> wasmtime::Result<Engine> {
    Engine::new(&config())
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config.cranelift_opt_level(OptLevel::Speed);
    config.memory_init_cow(true);
    config.max_wasm_stack(GUEST_STACK_BYTES);
    config.async_stack_size(CALL_STACK_BYTES);
    config.wasm_backtrace_max_frames(Some(BACKTRACE_FRAMES));
    // Set here, so that no environment variable turns it on: reading the debug information of
    // hostile code is not free.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Features that no toolchain for links needs are off: less code to trust.
    config.wasm_memory64(false);
    config.wasm_relaxed_simd(false);
    config
}

fn pool(settings: &SandboxSettings) -> PoolingAllocationConfig {
    // Kept instances need places in addition to those of running calls.
    let kept = u32::try_from(MAX_KEPT_INSTANCES).unwrap_or(u32::MAX);
    let calls = settings.max_concurrent_calls.saturating_add(kept);
    let times = |count: usize| calls.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls);
    pool.total_core_instances(calls.saturating_mul(MAX_CORE_INSTANCES));
    pool.total_memories(times(MAX_MEMORIES));
    pool.total_tables(times(MAX_TABLES));
    pool.total_stacks(calls);
    pool.max_core_instances_per_component(MAX_CORE_INSTANCES);
    pool.max_memories_per_component(u32::try_from(MAX_MEMORIES).unwrap_or(u32::MAX));
    pool.max_tables_per_component(u32::try_from(MAX_TABLES).unwrap_or(u32::MAX));
    pool.table_elements(TABLE_ELEMENTS);
    pool.max_memory_size(usize::try_from(settings.max_memory_bytes).unwrap_or(usize::MAX));
    pool.max_unused_warm_slots(settings.warm_slots);
    let pagemap = PoolingAllocationConfig::is_pagemap_scan_available();
    pool.pagemap_scan(if pagemap { Enabled::Yes } else { Enabled::No });
    pool.linear_memory_keep_resident(if pagemap { settings.keep_resident_bytes } else { 0 });
    pool.table_keep_resident(settings.keep_resident_table_bytes);
    pool.async_stack_keep_resident(settings.keep_resident_stack_bytes);
    pool
}
