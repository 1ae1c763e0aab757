//! Dead letters, one by one.
//!
//! Guarantee: an action on a dead letter is in the audit log with the record of its error.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{QueueError, Queues};
use crate::control::audit::Actor;
use crate::events::Event;
use vcon_document::VconId;
use vconduit_admin_types::{DeadLetterRow, DeadLetters, FailureRecord, Retried};
use vconduit_base::ConfigEntries;
use vconduit_base::names::{ChainName, Digest, LinkName, ListName};
use vconduit_config::store_copy;
use vconduit_store::{Checkpoint, DeadLetter, ErrorRecord};

/// Prefix of the lists of storages: their dead letters did not come from a list.
const OF_STORAGE: &str = "storage:";

/// A dead letter as the audit log keeps it.
#[derive(Serialize)]
struct Before {
    list: ListName,
    record: Option<ErrorRecord>,
}

/// Versions that a retry asks for, and the chain that they are checked against.
struct Wanted {
    chain: ChainName,
    versions: BTreeMap<LinkName, Digest>,
}

impl Queues {
    /// Dead letters of an ingress list, or of `storage:<name>`; the oldest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn dead_letters(&self, list: &ListName, offset: u64, limit: u64) -> Result<DeadLetters, QueueError> {
        let total = self.store.depth(&list.dead_letters()).await?;
        let letters = self.store.dead_letters(list, offset, limit).await?;
        Ok(DeadLetters {
            total,
            dead_letters: letters.into_iter().map(row).collect(),
        })
    }

    /// Puts a dead letter at the tail of its ingress list again. `versions`: links to run in
    /// another version than the active one, each with a digest or the first six digits of it or
    /// more.
    ///
    /// # Errors
    /// It is not there, can't go back, or not with these versions; the store is unavailable.
    pub async fn retry(
        &self,
        list: &ListName,
        id: &VconId,
        versions: BTreeMap<String, String>,
        actor: &Actor,
    ) -> Result<Retried, QueueError> {
        if list.as_str().starts_with(OF_STORAGE) {
            return Err(QueueError::OfStorage(list.clone()));
        }
        let wanted = self.wanted(list, versions).await?;
        let checkpoint = wanted.as_ref().map(|wanted| Checkpoint {
            chain: Some(wanted.chain.clone()),
            versions: wanted.versions.clone(),
            ..Checkpoint::default()
        });
        let before = self.before(list, id).await?;
        if !self.store.retry_dead_letter(list, id, checkpoint.as_ref()).await? {
            return Err(QueueError::no_dead_letter(list, id));
        }
        let retried = Retried {
            list: list.clone(),
            versions: wanted.map(|wanted| wanted.versions).unwrap_or_default(),
        };
        let target = format!("{}/{id}", list.dead_letters());
        self.audit(actor, "dead_letter.retry", &target, &before, &retried)
            .await?;
        self.events.publish(|| Event::VconRetried {
            vcon: id.clone(),
            list: list.clone(),
            versions: retried.versions.clone(),
            by: actor.name.clone(),
        });
        Ok(retried)
    }

    /// Removes a dead letter with its record, which the audit log keeps. The document stays.
    ///
    /// # Errors
    /// It is not there; the store is unavailable.
    pub async fn drop_dead_letter(&self, list: &ListName, id: &VconId, actor: &Actor) -> Result<(), QueueError> {
        let before = self.before(list, id).await?;
        if !self.store.drop_dead_letter(list, id).await? {
            return Err(QueueError::no_dead_letter(list, id));
        }
        let target = format!("{}/{id}", list.dead_letters());
        self.audit(actor, "dead_letter.drop", &target, &before, &Value::Null)
            .await?;
        self.events.publish(|| Event::VconDropped {
            vcon: id.clone(),
            list: list.clone(),
            by: actor.name.clone(),
        });
        Ok(())
    }

    /// A dead letter and its place in its list. Nothing when there is none, or it has just moved.
    pub(super) async fn dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
    ) -> Result<Option<(u64, DeadLetter)>, QueueError> {
        let Some(position) = self.store.position(&list.dead_letters(), id).await? else {
            return Ok(None);
        };
        let found = self.store.dead_letters(list, position, 1).await?.into_iter().next();
        Ok(found
            .filter(|letter| letter.vcon == *id)
            .map(|letter| (position, letter)))
    }

    async fn before(&self, list: &ListName, id: &VconId) -> Result<Before, QueueError> {
        let found = self.dead_letter(list, id).await?;
        Ok(Before {
            list: list.dead_letters(),
            record: found.and_then(|(_, letter)| letter.record),
        })
    }

    /// The versions asked for, checked; nothing when none are asked for.
    async fn wanted(&self, list: &ListName, versions: BTreeMap<String, String>) -> Result<Option<Wanted>, QueueError> {
        if versions.is_empty() {
            return Ok(None);
        }
        let snapshot = self.live.load_full();
        let chain = snapshot.ingress.get(list);
        let chain = chain.and_then(|name| Some((name, snapshot.config.chains.get(name)?)));
        let (name, chain) = chain.ok_or_else(|| QueueError::NoChain(list.clone()))?;
        let (_, entries) = self.store.load_config().await?;
        let mut checked = BTreeMap::new();
        for (link, wanted) in versions {
            let link = LinkName::new(link)?;
            if !chain.links.iter().any(|place| place.name == link) {
                return Err(QueueError::NotInChain {
                    chain: name.clone(),
                    link,
                });
            }
            let active = snapshot.links.get(&link).map(|ready| &ready.component.digest);
            let digest = match active.filter(|active| active.as_str() == wanted) {
                Some(active) => active.clone(),
                None => version(&entries, &link, &wanted)?,
            };
            checked.insert(link, digest);
        }
        Ok(Some(Wanted {
            chain: name.clone(),
            versions: checked,
        }))
    }
}

/// A version of a link that may run.
fn version(entries: &ConfigEntries, link: &LinkName, wanted: &str) -> Result<Digest, QueueError> {
    let record = store_copy::record(entries, link.as_str()).map_err(QueueError::Damaged)?;
    let version = record.allowed(wanted).map_err(|error| QueueError::Version {
        link: link.clone(),
        error,
    })?;
    Ok(version.digest.clone())
}

fn row(letter: DeadLetter) -> DeadLetterRow {
    DeadLetterRow {
        vcon: letter.vcon.to_string(),
        record: letter.record.map(failure),
    }
}

/// A record of an error as operators see it.
pub(super) fn failure(record: ErrorRecord) -> FailureRecord {
    FailureRecord {
        chain: record.chain,
        link: record.link,
        version: record.version,
        class: record.class,
        message: record.message,
        attempts: record.attempts,
        current: record.current.map(|vcon| vcon.to_string()),
        at_ms: record.at_ms,
    }
}
