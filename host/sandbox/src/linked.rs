//! Linked components: imports are bound and exports looked up, so that a call only has to make an
//! instance.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Lower, TypedFunc};

use crate::bindings::transform::exports::vcon::link::transformer::Transformed;
use crate::bindings::wit::outcomes::{Description as WitDescription, Failure as WitFailure, Outcome as WitOutcome};
use crate::state::CallState;

/// Form of the contract that a component implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// The link reads and edits a document that stays in the host.
    Link,
    /// The link gets the text of a vCon and returns the text of a vCon.
    Transform,
}

/// A linked component with its exports looked up.
pub(crate) struct Linked {
    world: World,
    instance: InstancePre<CallState>,
    /// Export `run` or `transform`.
    work: ComponentExportIndex,
    describe: ComponentExportIndex,
}

type TransformResult = (Result<Transformed, WitFailure>,);
type RunResult = (Result<WitOutcome, WitFailure>,);

/// The function `run` of an instance.
pub(crate) type RunFunction = TypedFunc<(Arc<str>,), RunResult>;

/// The function `transform` of an instance.
pub(crate) type TransformFunction<'a> = TypedFunc<(&'a str, &'a str), TransformResult>;

impl Linked {
    /// Looks up the exports of a component. Their types are checked when they are first called.
    pub(crate) fn new(instance: InstancePre<CallState>, world: World) -> Result<Self, String> {
        let (interface, work) = match world {
            World::Link => ("vcon:link/handler@0.1.0", "run"),
            World::Transform => ("vcon:link/transformer@0.1.0", "transform"),
        };
        let component = instance.component();
        let exports = component
            .get_export_index(None, interface)
            .ok_or_else(|| format!("no instance {interface}"))?;
        let function = |name: &str| {
            component
                .get_export_index(Some(&exports), name)
                .ok_or_else(|| format!("{interface} has no function {name}"))
        };
        let (work, describe) = (function(work)?, function("describe")?);
        Ok(Self {
            world,
            work,
            describe,
            instance,
        })
    }

    /// Returns the form of the contract that the component implements.
    pub(crate) fn world(&self) -> World {
        self.world
    }

    /// Makes an instance and returns its `run`.
    pub(crate) async fn run(&self, store: &mut Store<CallState>) -> wasmtime::Result<RunFunction> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        typed(&instance, store, self.work)
    }

    /// Makes an instance and returns its `transform`.
    pub(crate) async fn transform<'a>(&self, store: &mut Store<CallState>) -> wasmtime::Result<TransformFunction<'a>> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        typed(&instance, store, self.work)
    }

    /// Makes an instance and returns its description. Also checks the type of its other function.
    pub(crate) async fn describe(&self, store: &mut Store<CallState>) -> wasmtime::Result<WitDescription> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        match self.world {
            World::Link => drop(typed::<(&str,), RunResult>(&instance, store, self.work)?),
            World::Transform => drop(typed::<(&str, &str), TransformResult>(&instance, store, self.work)?),
        }
        let describe = typed::<(), (WitDescription,)>(&instance, store, self.describe)?;
        describe.call_async(store, ()).await.map(|(description,)| description)
    }
}

fn typed<P, R>(
    instance: &Instance,
    store: &mut Store<CallState>,
    export: ComponentExportIndex,
) -> wasmtime::Result<TypedFunc<P, R>>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    instance
        .get_typed_func(store, export)
        .map_err(|error| WrongType(format!("{error:#}")).into())
}

/// A function of the component has other types than those of the contract.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongType(pub(crate) String);
