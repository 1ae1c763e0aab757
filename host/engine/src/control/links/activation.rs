//! Activates a version on every host.
//!
//! Guarantee: a host activates a version only after it has compiled and linked it. Runs in work end
//! with the version that they began with. The result names the hosts that run it and those that do
//! not.

use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::control::confirm::confirm;
use crate::events::{Event, LinkEvent};
use vconduit_admin_types::Switched;
use vconduit_base::ConfigRevision;
use vconduit_base::names::{Digest, LinkName};

impl Links {
    /// Activates a version.
    ///
    /// # Errors
    /// When the version is not found, is held, or could not run with the link's options.
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

    /// Activates the version that was active before.
    ///
    /// # Errors
    /// When there was none, or it could not run.
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
        revision: ConfigRevision,
        actor: &Actor,
    ) -> Result<Switched, LinkError> {
        self.events.publish(|| {
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
