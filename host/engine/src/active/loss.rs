//! A store that has lost its copy of the configuration, for example by FLUSHALL or by a failover to
//! an empty replica.

use std::mem;

use super::{Follower, Taken};
use crate::events::Event;
use vconduit_base::names::Digest;
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::store_copy;
use vconduit_store::StoreError;

/// Components that the store may lack.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum ComponentsDue {
    /// None.
    #[default]
    No,
    /// The copy is there again. Components that this host has are uploaded where they are missing.
    Quietly,
    /// The same, by the host that put the copy back with this revision. It says what is missing.
    AndTell(ConfigRevision),
}

impl ComponentsDue {
    pub(super) fn quietly(&mut self) {
        if *self == Self::No {
            *self = Self::Quietly;
        }
    }
}

impl Follower {
    /// Saves the copy of this host, unless another host was faster.
    pub(super) async fn put_back(&self, taken: &mut Taken) -> Result<(), StoreError> {
        if !taken.is_loss_logged {
            tracing::warn!(
                lost = %taken.revision,
                "the working store has lost its copy of the configuration; this host puts it back. vCons that were in \
                 the store may be lost as well"
            );
            taken.is_loss_logged = true;
        }
        // The copy first: a host that starts now must find it, and not begin anew with its file.
        let saved = self
            .store
            .save_config(&taken.entries, Some(ConfigRevision::NONE), None)
            .await?;
        match saved {
            Ok(revision) => {
                tracing::warn!(%revision, "the configuration is in the working store again");
                taken.components = ComponentsDue::AndTell(revision);
            }
            Err(revision) => tracing::info!(%revision, "another host was faster; its configuration is taken"),
        }
        taken.is_loss_logged = false;
        Ok(())
    }

    /// Adds what is missing to a copy that a starting host has begun anew after a loss. Returns
    /// `None` if another host changed the copy meanwhile.
    pub(super) async fn mended(
        &self,
        taken: &mut Taken,
        revision: ConfigRevision,
        entries: ConfigEntries,
    ) -> Result<Option<(ConfigRevision, ConfigEntries)>, StoreError> {
        let Some(mended) = store_copy::mended(&entries, &taken.entries) else {
            return Ok(Some((revision, entries)));
        };
        let Ok(new) = self.store.save_config(&mended, Some(revision), None).await? else {
            return Ok(None);
        };
        tracing::warn!(
            lost = %taken.revision, revision = %new,
            "the working store had lost its copy of the configuration, and a host has begun anew with its file; this \
             host has put back what was missing. vCons that were in the store may be lost as well"
        );
        taken.components = ComponentsDue::AndTell(new);
        Ok(Some((new, mended)))
    }

    /// Uploads the components that the store lacks and this host has.
    pub(super) async fn restore_components(&self, taken: &mut Taken) -> Result<(), StoreError> {
        if taken.components == ComponentsDue::No {
            return Ok(());
        }
        let missing = self.registry.restore_components(&taken.entries).await?;
        if let ComponentsDue::AndTell(revision) = mem::take(&mut taken.components) {
            if !missing.is_empty() {
                tracing::warn!(
                    components = listed(&missing),
                    "the store lacks these components, and this host does not have them; another host that has them \
                     puts them back; if none does, upload them again (`vconduit link push`)"
                );
            }
            self.events.publish(|| Event::ConfigRestored { revision, missing });
        }
        Ok(())
    }
}

fn listed(digests: &[Digest]) -> String {
    let digests: Vec<_> = digests.iter().map(|digest| format!("sha256:{digest}")).collect();
    digests.join(", ")
}
