//! Deleting versions and links.

use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::events::{Event, LinkEvent};
use vconduit_admin_types::{LinkDeleted, VersionDeleted};
use vconduit_base::names::{Digest, LinkName};
use vconduit_config::{LinkRecord, store_copy};

impl Links {
    /// Deletes a version that is not active.
    ///
    /// # Errors
    /// It is active, or not there.
    pub async fn remove_version(
        &self,
        link: &LinkName,
        wanted: &str,
        actor: &Actor,
    ) -> Result<VersionDeleted, LinkError> {
        let users = self.used_by(link);
        let changed = self.change(link, actor, "link.delete-version", |record, _| {
            let digest = record.find(wanted)?.digest.clone();
            if record.active.as_ref() == Some(&digest) && !users.is_empty() {
                return Err(in_use(link, &users));
            }
            record.remove(&digest)?;
            Ok(digest)
        });
        let (digest, _) = changed.await?;
        self.forget(std::slice::from_ref(&digest)).await;
        self.tell_removed(link, Some(digest.clone()), actor);
        Ok(VersionDeleted {
            name: link.clone(),
            digest,
            deleted: true,
        })
    }

    /// Deletes a link with all its versions.
    ///
    /// # Errors
    /// A chain uses it; the configuration defines it and there is nothing of it to delete.
    pub async fn remove(&self, link: &LinkName, actor: &Actor) -> Result<LinkDeleted, LinkError> {
        let users = self.used_by(link);
        let changed = self.change(link, actor, "link.delete", |record, before| {
            if record.is_empty() {
                return Err(match before.configured() {
                    true => LinkError::Configured(link.clone()),
                    false => LinkError::NoLink(link.clone()),
                });
            }
            if !users.is_empty() && record.active.is_some() {
                return Err(in_use(link, &users));
            }
            let digests: Vec<Digest> = record.versions.iter().map(|version| version.digest.clone()).collect();
            *record = LinkRecord::default();
            Ok(digests)
        });
        let (digests, _) = changed.await?;
        self.forget(&digests).await;
        self.tell_removed(link, None, actor);
        Ok(LinkDeleted {
            name: link.clone(),
            deleted: true,
        })
    }

    /// Deletes components that no record refers to. If this fails, a component only takes up space.
    async fn forget(&self, digests: &[Digest]) {
        let Ok((_, entries)) = self.store.load_config().await else {
            return;
        };
        let Ok(records) = store_copy::records(&entries) else {
            return;
        };
        let named = |digest: &Digest| {
            let known = records
                .iter()
                .flat_map(|(_, record)| &record.versions)
                .any(|version| version.digest == *digest);
            known || entries.iter().any(|(_, text)| text.contains(digest.as_str()))
        };
        for digest in digests.iter().filter(|digest| !named(digest)) {
            if let Err(error) = self.store.drop_component(digest).await {
                tracing::warn!(%digest, %error, "the bytes of a deleted version stay in the store");
            }
        }
    }

    fn tell_removed(&self, link: &LinkName, version: Option<Digest>, actor: &Actor) {
        self.events.publish(|| {
            Event::LinkRemoved(LinkEvent {
                link: link.clone(),
                version,
                by: actor.name.clone(),
            })
        });
    }
}

fn in_use(link: &LinkName, chains: &[String]) -> LinkError {
    LinkError::InUse {
        link: link.clone(),
        chains: chains.iter().map(|chain| format!("the chain {chain}")).collect(),
    }
}
