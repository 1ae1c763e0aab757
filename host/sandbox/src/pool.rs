//! How the engine is set up: the pool of instances, and which code it takes.
//!
//! Guarantee: a call that was given a place (`max_concurrent_calls`) finds its instance, memories, tables and stack
//! in the pool, whatever its component is made of.

use std::num::NonZeroUsize;

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmBacktraceDetails,
};

use super::SandboxSettings;

/// Core instances of one component. Python components hold 38.
const MAX_CORE_INSTANCES: u32 = 64;

/// Instances in one store: those of the component and what wasmtime adds for itself.
pub(super) const MAX_STORE_INSTANCES: usize = 128;

/// Memories of one component. Those of every toolchain tried hold one; adapters and composed components a few.
pub(super) const MAX_MEMORIES: usize = 4;

/// Tables of one component. Compilers make one, the glue of `wit-component` one more.
pub(super) const MAX_TABLES: usize = 8;

/// Elements of one table. CPython and SpiderMonkey stay below 20,000 function pointers.
const TABLE_ELEMENTS: usize = 65_536;

/// Maximum number of instances that are kept for later calls, over all links. The pool has this
/// many places more than `max_concurrent_calls`.
pub(super) const MAX_KEPT_INSTANCES: usize = 32;

/// Stack of the guest. Interpreters recurse deeply on nested data; wasmtime's default of half a megabyte is small for them.
const GUEST_STACK_BYTES: usize = 1024 * 1024;

/// The stack that a call runs on: the guest's and as much again for host functions.
const CALL_STACK_BYTES: usize = 2 * GUEST_STACK_BYTES;

/// Frames of a backtrace in an error. More is noise.
const BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// Makes the engine; without a pool when the machine does not give the address space for one. True: pooled.
pub(super) fn engine(settings: &SandboxSettings) -> wasmtime::Result<(Engine, bool)> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    match Engine::new(&config) {
        Ok(engine) => Ok((engine, true)),
        Err(error) => {
            tracing::warn!(
                "no pool for {} concurrent calls ({error:#}); links run on demand, which is slower: lower max_concurrent_calls or allow more address space",
                settings.max_concurrent_calls
            );
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            Ok((Engine::new(&config)?, false))
        }
    }
}

/// An engine that compiles and runs nothing. How instances are allocated leaves no trace in the code, so what it makes fits [`engine`]'s.
pub(super) fn compiling() -> wasmtime::Result<Engine> {
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
    // Never by an environment variable: reading debug information of hostile code is not free.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // What no toolchain for links needs stays off: less code to trust.
    config.wasm_memory64(false);
    config.wasm_relaxed_simd(false);
    config
}

fn pool(settings: &SandboxSettings) -> PoolingAllocationConfig {
    // Kept instances hold places in addition to those of running calls.
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
