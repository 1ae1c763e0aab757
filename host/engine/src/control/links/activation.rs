//! Putting a version in force, on every host.
//!
//! Guarantee: hosts take a version up only when it is compiled and linked there; what runs meanwhile ends on the version it began with.
//! The answer says which hosts run it and which do not.

use serde::Serialize;
use utoipa::ToSchema;

use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::control::confirm::{Confirmation, confirm};
use crate::events::{Event, LinkEvent};
use vconduit_base::names::{Digest, LinkName};

/// A change of the version in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Switched {
    /// The link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The version in force; null: the configuration's own component.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// The version before.
    #[schema(value_type = Option<String>)]
    pub previous: Option<Digest>,
    /// The revision of the configuration.
    pub revision: u64,
    /// Which hosts run it.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

impl Links {
    /// Puts a version in force.
    ///
    /// # Errors
    /// It is not there, held, or would not run with the link's options.
    pub async fn activate(&self, link: &LinkName, wanted: &str, actor: &Actor) -> Result<Switched, LinkError> {
        let changed = self.change(link, actor, "link.activate", |record, _| {
            let previous = record.active.clone();
            let digest = record.find(wanted)?.digest.clone();
            record.activate(&digest)?;
            Ok((previous, Some(digest)))
        });
        let ((previous, active), revision) = changed.await?;
        self.switched(link, previous, active, revision, actor).await
    }

    /// Goes back to what was in force before.
    ///
    /// # Errors
    /// There is nothing to go back to, or it would not run.
    pub async fn roll_back(&self, link: &LinkName, actor: &Actor) -> Result<Switched, LinkError> {
        let changed = self.change(link, actor, "link.rollback", |record, before| {
            let previous = record.active.clone();
            record.roll_back(before.configured())?;
            Ok((previous, record.active.clone()))
        });
        let ((previous, active), revision) = changed.await?;
        self.switched(link, previous, active, revision, actor).await
    }

    async fn switched(
        &self,
        link: &LinkName,
        previous: Option<Digest>,
        active: Option<Digest>,
        revision: u64,
        actor: &Actor,
    ) -> Result<Switched, LinkError> {
        self.events.tell(|| {
            Event::LinkActivated(LinkEvent {
                link: link.clone(),
                version: active.clone(),
                by: actor.name.clone(),
            })
        });
        Ok(Switched {
            name: link.clone(),
            active,
            previous,
            revision,
            confirmation: confirm(self.store.as_ref(), revision).await?,
        })
    }
}
