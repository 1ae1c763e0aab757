//! A component, linked: its imports are bound and its exports looked up, so that a call only has to make an instance.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Lower, TypedFunc};

use super::bindings::transform::exports::vcon::link::transformer::Transformed;
use super::bindings::wit::outcomes::{Description as WitDescription, Failure as WitFailure, Outcome as WitOutcome};
use super::state::CallState;

/// Which form of the contract a component implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Functions on a document that stays in the host.
    Link,
    /// vCon in, vCon out.
    Transform,
}

/// A component, linked, with its exports looked up.
pub(super) struct Linked {
    world: World,
    instance: InstancePre<CallState>,
    /// `run` or `transform`.
    work: ComponentExportIndex,
    describe: ComponentExportIndex,
}

type Transforming = (Result<Transformed, WitFailure>,);
type Running = (Result<WitOutcome, WitFailure>,);

/// `run` of an instance.
pub(super) type RunFunction = TypedFunc<(Arc<str>,), Running>;

/// `transform` of an instance.
pub(super) type TransformFunction<'a> = TypedFunc<(&'a str, &'a str), Transforming>;

impl Linked {
    /// Looks up the exports of a component. Their types show when they are first called.
    pub(super) fn new(instance: InstancePre<CallState>, world: World) -> Result<Self, String> {
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

    /// Which form of the contract it implements.
    pub(super) fn world(&self) -> World {
        self.world
    }

    /// A new instance's `run`.
    pub(super) async fn run(&self, store: &mut Store<CallState>) -> wasmtime::Result<RunFunction> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        typed(&instance, store, self.work)
    }

    /// A new instance's `transform`.
    pub(super) async fn transform<'a>(&self, store: &mut Store<CallState>) -> wasmtime::Result<TransformFunction<'a>> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        typed(&instance, store, self.work)
    }

    /// Asks a new instance what it is. The type of its other function is checked on the same occasion.
    pub(super) async fn describe(&self, store: &mut Store<CallState>) -> wasmtime::Result<WitDescription> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        match self.world {
            World::Link => drop(typed::<(&str,), Running>(&instance, store, self.work)?),
            World::Transform => drop(typed::<(&str, &str), Transforming>(&instance, store, self.work)?),
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

/// A function of the component has other types than the contract.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongType(pub(super) String);
