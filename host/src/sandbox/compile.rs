//! From uploaded bytes to a component that is ready to be called.
//!
//! Guarantee: a [`Compiled`] is a component of one of the two worlds, imports nothing that the host does not have, exports functions of
//! the contract's types, and has said what it is, all of it tried out under limits. None of this work runs on the async runtime.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use wasmtime::component::Component;

use super::aside::aside;
use super::bindings::wit::outcomes::Description as WitDescription;
use super::engine::Sandbox;
use super::inspect::{Parts, inspect};
use super::instance::{self, Pre};
use super::{CallError, compiler, host, probe, text};
use crate::names::Digest;

/// The version track of the contract.
const TRACK: &str = "0.1";

/// A text in a description. Schemas of the standard links are below 8 KiB.
const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;

/// Which form of the contract a component implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Functions on a document that stays in the host.
    Link,
    /// vCon in, vCon out.
    Transform,
}

/// What a component says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its name, `[a-z0-9_-]+`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// JSON Schema of the options.
    pub options_schema: Value,
    /// The default options.
    pub defaults: Map<String, Value>,
    /// What it asks to be granted, in the shape of a link's `grants`. Only that it is an object has been checked.
    pub needs: Map<String, Value>,
}

/// A component that is ready to be called.
pub struct Compiled {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its world.
    pub world: World,
    /// The length of the component.
    pub component_bytes: u64,
    /// Its functions.
    pub functions: u64,
    /// How long it took to compile, or to load from the cache.
    pub compile_time: Duration,
    /// Whether it came from the cache.
    pub from_cache: bool,
    /// Its imports, as written.
    pub imports: Vec<String>,
    pub(super) description: Description,
    pub(super) pre: Pre,
}

impl Compiled {
    /// What the component says about itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("digest", &self.digest)
            .field("world", &self.world)
            .field("name", &self.description.name)
            .finish_non_exhaustive()
    }
}

/// Why bytes did not become a component that can be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// Too long.
    #[error(
        "the component is {size} bytes long, the limit component_bytes is {limit}; strip debug information, or raise the limit"
    )]
    TooLarge {
        /// Its length.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Something else.
    #[error("this is not a WebAssembly component but {what}; {instead}")]
    NotComponent {
        /// What it looks like.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A component, but not a whole one.
    #[error("the component is damaged: {0}; upload it again")]
    Damaged(String),
    /// Too much to compile.
    #[error("the component is too complex: {0}")]
    TooComplex(String),
    /// Neither world.
    #[error(
        "the component exports neither vcon:link/handler@0.1 nor vcon:link/transformer@0.1 (it exports: {0}); build it against package vcon:link"
    )]
    NoWorld(String),
    /// Imports that the host does not have.
    #[error("the component imports what this host does not have: {0}; links may import vcon:link@0.1 and wasi@0.2")]
    UnknownImports(String),
    /// Compiling took too long.
    #[error("the component did not compile within {} s, the limit compile_time", .0.as_secs())]
    TooSlow(Duration),
    /// Compiling took too much CPU time.
    #[error("the component takes more than {} s of CPU time to compile, the limit compile_cpu; make it smaller, or look for one huge function", .0.as_secs())]
    TooMuchCpu(Duration),
    /// Compiling took too much memory.
    #[error(
        "the component takes more memory to compile than {0} bytes, the limit compile_memory_bytes; make it smaller, or look for one huge function"
    )]
    TooMuchMemory(u64),
    /// The compiler refused it.
    #[error("the component does not compile: {0}")]
    Rejected(String),
    /// A function has other types than the contract.
    #[error("the component does not fit the contract: {0}; build it against the host's version of package vcon:link")]
    WrongType(String),
    /// `describe` failed.
    #[error("the component could not say what it is (describe): {0}")]
    Describe(CallError),
    /// `describe` gave something else than the contract says.
    #[error("the component's description is not usable: {0}")]
    BadDescription(String),
    /// The host could not do it.
    #[error("the host could not compile: {0}")]
    Host(String),
}

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
    let (pre, description) = {
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
        pre,
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
) -> Result<(Pre, Description), CompileError> {
    let pre = link(sandbox, component, world)?;
    let context = probe::context(digest).map_err(CompileError::Describe)?;
    let said = runtime.block_on(instance::describe(sandbox, &pre, context));
    let description = Description::checked(said.map_err(describe_error)?)?;
    Ok((pre, description))
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

/// Does work on a sandbox, aside.
pub(super) async fn on<T: Send + 'static>(
    sandbox: &Arc<Sandbox>,
    work: impl FnOnce(&Sandbox) -> T + Send + 'static,
) -> Result<T, CompileError> {
    let sandbox = Arc::clone(sandbox);
    aside(move || work(&sandbox)).await
}

fn link(sandbox: &Sandbox, component: &Component, world: World) -> Result<Pre, CompileError> {
    let pre = sandbox
        .linker
        .instantiate_pre(component)
        .map_err(|error| CompileError::WrongType(short(&error)))?;
    Pre::new(pre, world).map_err(CompileError::WrongType)
}

/// A wrong type of an export shows only when an instance's functions are looked up.
fn describe_error(error: CallError) -> CompileError {
    match error {
        CallError::BadAnswer(text) => CompileError::WrongType(text),
        other => CompileError::Describe(other),
    }
}

pub(super) fn short(error: &wasmtime::Error) -> String {
    text::clean(&format!("{error:#}"), 500).into_owned()
}

impl Description {
    /// Checks what a component said.
    pub(super) fn checked(said: WitDescription) -> Result<Self, CompileError> {
        let bad = |what: &str| CompileError::BadDescription(what.to_owned());
        let plain = |name: &str| {
            !name.is_empty()
                && name.len() <= 100
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
        };
        if !plain(&said.name) {
            return Err(bad("its name has to be 1 to 100 of a-z, 0-9, _ and -"));
        }
        let longest = said.options_schema.len().max(said.defaults.len()).max(said.needs.len());
        if longest > MAX_DESCRIPTION_BYTES {
            return Err(bad("options-schema, defaults and needs may have 256 KiB each"));
        }
        let defaults = serde_json::from_str(&said.defaults)
            .map_err(|error| bad(&format!("defaults is not a JSON object: {error}")))?;
        let options_schema = serde_json::from_str(&said.options_schema)
            .map_err(|error| bad(&format!("options-schema is not JSON: {error}")))?;
        let needs = serde_json::from_str(&said.needs)
            .map_err(|error| bad(&format!("needs is not a JSON object: {error}; write {{}} for nothing")))?;
        Ok(Self {
            name: said.name,
            version: text::clean(&said.version, 100).into_owned(),
            summary: text::clean(&said.summary, 1000).into_owned(),
            options_schema,
            defaults,
            needs,
        })
    }
}
