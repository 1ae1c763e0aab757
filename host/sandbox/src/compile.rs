//! From uploaded bytes to a component that is ready to be called.
//!
//! Guarantee: a [`Compiled`] is a component of one of the two worlds, imports nothing that the host does not have, exports functions of
//! the contract's types, and has said what it is, all of it tried out under limits. None of this work runs on the async runtime.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use bytes::Bytes;
use tokio::runtime::Handle;
use wasmtime::component::Component;

use super::aside::on;
use super::compile_error::short;
use super::engine::Sandbox;
use super::inspect::{Parts, inspect};
use super::linked::Linked;
use super::{CallError, CompileError, Compiled, Description, World, compiler, host, instance, probe};
use vconduit_base::names::Digest;
use vconduit_base::text;

/// The version track of the contract.
const TRACK: &str = "0.1";

/// The cheap part of the work, done in one go.
struct Looked {
    bytes: Bytes,
    digest: Digest,
    parts: Parts,
    world: World,
    cached: Option<Component>,
}

/// Compiles, links and asks.
pub(super) async fn compile(sandbox: &Arc<Sandbox>, bytes: Bytes) -> Result<Arc<Compiled>, CompileError> {
    let begun = Instant::now();
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let limit = sandbox.settings.component_bytes;
    if size > limit {
        return Err(CompileError::TooLarge { size, limit });
    }
    let Looked {
        bytes,
        digest,
        parts,
        world,
        cached,
    } = on(sandbox, move |sandbox| look(sandbox, bytes)).await??;
    let from_cache = cached.is_some();
    let component = match cached {
        Some(component) => component,
        None => build(sandbox, bytes, digest.clone()).await?,
    };
    let compile_time = begun.elapsed();
    let (linked, description) = {
        let (digest, runtime) = (digest.clone(), Handle::current());
        on(sandbox, move |sandbox| {
            ask(sandbox, &runtime, &component, world, digest)
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
        stands_back: AtomicBool::new(false),
    }))
}

/// Links the component and asks it what it is. Not on the runtime: an instance of CPython takes 0.2 s to start, most of it without a
/// pause, and who waits for an answer of the runtime must not wait for that.
fn ask(
    sandbox: &Sandbox,
    runtime: &Handle,
    component: &Component,
    world: World,
    digest: Digest,
) -> Result<(Linked, Description), CompileError> {
    let linked = link(sandbox, component, world)?;
    let context = probe::context(digest).map_err(CompileError::Describe)?;
    let said = runtime.block_on(instance::describe(sandbox, &linked, context));
    let description = Description::checked(said.map_err(describe_error)?)?;
    Ok((linked, description))
}

fn look(sandbox: &Sandbox, bytes: Bytes) -> Result<Looked, CompileError> {
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
    Ok(Looked {
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

/// Compiles, one component after the other.
async fn build(sandbox: &Arc<Sandbox>, bytes: Bytes, digest: Digest) -> Result<Component, CompileError> {
    let _turn = Arc::clone(&sandbox.compiling)
        .acquire_owned()
        .await
        .map_err(|error| CompileError::Host(error.to_string()))?;
    let code = compiler::compile(sandbox, bytes).await?;
    on(sandbox, move |sandbox| {
        let component = code.component(&sandbox.engine).map_err(|error| {
            CompileError::Host(format!(
                "the compiled code does not load: {}; restart the host if its program was replaced",
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

/// A wrong type of an export shows only when an instance's functions are looked up.
fn describe_error(error: CallError) -> CompileError {
    match error {
        CallError::BadAnswer(text) => CompileError::WrongType(text),
        other => CompileError::Describe(other),
    }
}
