//! Turns uploaded bytes into a component that is ready to be called.
//!
//! Guarantee: a [`Compiled`] implements one of the two worlds, imports only what the host has,
//! exports functions of the contract's types, and has described itself within limits. None of this
//! work runs on the async runtime.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use bytes::Bytes;
use tokio::runtime::Handle;
use wasmtime::component::Component;

use crate::background::run_on;
use crate::call_error::CallError;
use crate::compile_error::{CompileError, short};
use crate::compiled::Compiled;
use crate::description::Description;
use crate::engine::Sandbox;
use crate::inspect::{Parts, inspect};
use crate::linked::{Linked, World};
use crate::{compiler, host, instance, probe};
use vconduit_base::names::Digest;
use vconduit_base::text;

/// Version track of the contract that the host serves.
const TRACK: &str = "0.1";

/// Result of the cheap checks.
struct Inspected {
    bytes: Bytes,
    digest: Digest,
    parts: Parts,
    world: World,
    cached: Option<Component>,
}

/// Compiles, links and describes a component.
pub(crate) fn compile(
    sandbox: &Arc<Sandbox>,
    bytes: Bytes,
) -> Pin<Box<dyn Future<Output = Result<Arc<Compiled>, CompileError>> + Send + '_>> {
    // Boxed, so that its code is generated in this crate and not again in each that awaits it.
    Box::pin(compile_upload(sandbox, bytes))
}

async fn compile_upload(sandbox: &Arc<Sandbox>, bytes: Bytes) -> Result<Arc<Compiled>, CompileError> {
    let begun = Instant::now();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let limit = sandbox.settings.component_bytes;
    if size > limit {
        return Err(CompileError::TooLarge { size, limit });
    }
    let Inspected {
        bytes,
        digest,
        parts,
        world,
        cached,
    } = run_on(sandbox, move |sandbox| inspect_upload(sandbox, bytes)).await??;
    let from_cache = cached.is_some();
    let component = match cached {
        Some(component) => component,
        None => compile_code(sandbox, bytes, digest.clone()).await?,
    };
    let compile_time = begun.elapsed();
    let (linked, description) = {
        let (digest, runtime) = (digest.clone(), Handle::current());
        run_on(sandbox, move |sandbox| {
            link_and_describe(sandbox, &runtime, &component, world, &digest)
        })
        .await??
    };
    let Parts { imports, functions, .. } = parts;
    Ok(Arc::new(Compiled {
        digest,
        world,
        component_bytes: size,
        functions,
        compile_time,
        from_cache,
        imports,
        description,
        linked,
        low_priority: AtomicBool::new(false),
    }))
}

/// Links a component and gets its description. It does not run on the runtime: an instance of
/// CPython takes 0.2 s to start, most of it without yielding, and tasks of the runtime must not
/// wait for that.
fn link_and_describe(
    sandbox: &Sandbox,
    runtime: &Handle,
    component: &Component,
    world: World,
    digest: &Digest,
) -> Result<(Linked, Description), CompileError> {
    let linked = link(sandbox, component, world)?;
    let context = probe::describe_context().map_err(CompileError::Describe)?;
    let described = runtime.block_on(instance::describe(sandbox, &linked, context, digest));
    let description = Description::checked(described.map_err(describe_error)?)?;
    Ok((linked, description))
}

fn inspect_upload(sandbox: &Sandbox, bytes: Bytes) -> Result<Inspected, CompileError> {
    let parts = inspect(&bytes)?;
    let world = world(&parts)?;
    let unknown: Vec<&str> = parts
        .imports
        .iter()
        .map(String::as_str)
        .filter(|import| !host::has(import))
        .collect();
    if !unknown.is_empty() {
        return Err(CompileError::UnknownImports(
            text::clean(&unknown.join(", "), 500).into_owned(),
        ));
    }
    let digest = Digest::of(&bytes);
    let cached = sandbox.cache.load(&sandbox.engine, &digest);
    Ok(Inspected {
        bytes,
        digest,
        parts,
        world,
        cached,
    })
}

fn world(parts: &Parts) -> Result<World, CompileError> {
    let exports = |interface: &str| {
        parts.exports.iter().any(|name| {
            name.strip_prefix(interface)
                .is_some_and(|version| host::on_track(version, TRACK))
        })
    };
    if exports("vcon:link/handler@") {
        return Ok(World::Link);
    }
    if exports("vcon:link/transformer@") {
        return Ok(World::Transform);
    }
    let found = if parts.exports.is_empty() {
        "no interface".to_owned()
    } else {
        parts.exports.join(", ")
    };
    Err(CompileError::NoWorld(text::clean(&found, 300).into_owned()))
}

/// Compiles a component and caches its code. Waits until one of the `concurrent_compiles` is free.
async fn compile_code(sandbox: &Arc<Sandbox>, bytes: Bytes, digest: Digest) -> Result<Component, CompileError> {
    let _turn = Arc::clone(&sandbox.compiling)
        .acquire_owned()
        .await
        .map_err(|error| CompileError::Host(error.to_string()))?;
    let code = compiler::compile(sandbox, bytes).await?;
    run_on(sandbox, move |sandbox| {
        let component = code.component(&sandbox.engine).map_err(|error| {
            CompileError::Host(format!(
                "the compiled code can't be loaded: {}; restart the host if its program was replaced",
                short(&error)
            ))
        })?;
        sandbox.cache.store(&digest, &code);
        Ok(component)
    })
    .await?
}

fn link(sandbox: &Sandbox, component: &Component, world: World) -> Result<Linked, CompileError> {
    let pre = sandbox
        .linker
        .instantiate_pre(component)
        .map_err(|error| CompileError::WrongType(short(&error)))?;
    Linked::new(pre, world).map_err(CompileError::WrongType)
}

/// Turns an error of `describe` into an error of compiling. A wrong type of an export is found only
/// when the functions of an instance are looked up.
fn describe_error(error: CallError) -> CompileError {
    match error {
        CallError::BadAnswer(text) => CompileError::WrongType(text),
        other => CompileError::Describe(other),
    }
}
