//! What the admin API asks of a store, in memory; and ways for tests to set the scene.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::broadcast;

use super::{MemoryStore, refused};
use crate::names::{ClaimId, Digest, HostId, ListName, VconId};
use crate::store::{AuditLog, Bus, Checkpoint, Claim, Components, ErrorRecord, Hosts, Mending, StoreError};

pub(super) struct Admin {
    pub components: BTreeMap<Digest, (Bytes, String)>,
    pub hosts: BTreeMap<HostId, String>,
    pub bus: broadcast::Sender<String>,
    pub claims: Vec<(HostId, Claim)>,
    /// By list and id.
    pub records: BTreeMap<(String, String), ErrorRecord>,
    pub retried: Vec<(VconId, Option<Checkpoint>)>,
    pub trails: BTreeMap<VconId, Vec<String>>,
    pub parked: BTreeMap<String, BTreeSet<VconId>>,
    /// The oldest first.
    pub audit: Vec<String>,
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            components: BTreeMap::new(),
            hosts: BTreeMap::new(),
            bus: broadcast::Sender::new(64),
            claims: Vec::new(),
            records: BTreeMap::new(),
            retried: Vec::new(),
            trails: BTreeMap::new(),
            parked: BTreeMap::new(),
            audit: Vec::new(),
        }
    }
}

#[allow(dead_code, reason = "each test sets the part of the scene that it needs")]
impl MemoryStore {
    pub fn set_claim(&self, host: HostId, claim: Claim) {
        self.0.lock().unwrap().admin.claims.push((host, claim));
    }

    pub fn set_dead_letter(&self, list: &str, id: &str, record: ErrorRecord) {
        self.append(&format!("DLQ:{list}"), &[id]);
        let key = (list.to_owned(), id.to_owned());
        self.0.lock().unwrap().admin.records.insert(key, record);
    }

    pub fn set_trail(&self, id: &str, entries: &[&str]) {
        let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
        let id = VconId::new(id).unwrap();
        self.0.lock().unwrap().admin.trails.insert(id, entries);
    }

    pub fn set_parked(&self, list: &str, id: &str) {
        let mut inner = self.0.lock().unwrap();
        let parked = inner.admin.parked.entry(list.to_owned()).or_default();
        parked.insert(VconId::new(id).unwrap());
    }

    /// The retries that were asked for and done, with their checkpoints.
    pub fn retried(&self) -> Vec<(VconId, Option<Checkpoint>)> {
        self.0.lock().unwrap().admin.retried.clone()
    }

    fn take_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError> {
        let mut inner = self.open()?;
        let letters = inner.lists.entry(list.dead_letters().to_string()).or_default();
        let Some(at) = letters.iter().position(|entry| entry == id.as_str()) else {
            return Ok(false);
        };
        letters.remove(at);
        inner.admin.records.remove(&(list.to_string(), id.to_string()));
        Ok(true)
    }
}

#[async_trait]
impl Components for MemoryStore {
    async fn keep_component(&self, digest: &Digest, bytes: Bytes, about: &str) -> Result<bool, StoreError> {
        if Digest::of(&bytes) != *digest {
            return Err(refused());
        }
        let components = &mut self.open()?.admin.components;
        let new = !components.contains_key(digest);
        components
            .entry(digest.clone())
            .or_insert_with(|| (bytes, about.to_owned()));
        Ok(new)
    }

    async fn component(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        let inner = self.open()?;
        Ok(inner.admin.components.get(digest).map(|(bytes, _)| bytes.clone()))
    }

    async fn about_component(&self, digest: &Digest) -> Result<Option<String>, StoreError> {
        let inner = self.open()?;
        Ok(inner.admin.components.get(digest).map(|(_, about)| about.clone()))
    }

    async fn drop_component(&self, digest: &Digest) -> Result<bool, StoreError> {
        Ok(self.open()?.admin.components.remove(digest).is_some())
    }
}

/// Hosts stay until they withdraw: no test waits for a time to run out.
#[async_trait]
impl Hosts for MemoryStore {
    async fn announce(&self, host: &HostId, report: &str, _: Duration) -> Result<(), StoreError> {
        self.open()?.admin.hosts.insert(host.clone(), report.to_owned());
        Ok(())
    }

    async fn hosts(&self) -> Result<Vec<(HostId, String)>, StoreError> {
        Ok(self.open()?.admin.hosts.clone().into_iter().collect())
    }

    async fn withdraw(&self, host: &HostId) -> Result<(), StoreError> {
        self.open()?.admin.hosts.remove(host);
        Ok(())
    }
}

#[async_trait]
impl Bus for MemoryStore {
    async fn publish(&self, events: &[String]) -> Result<(), StoreError> {
        let inner = self.open()?;
        for event in events {
            let _ = inner.admin.bus.send(event.clone());
        }
        Ok(())
    }

    async fn listeners(&self) -> Result<u64, StoreError> {
        Ok(self.open()?.admin.bus.receiver_count() as u64)
    }

    async fn subscribe(&self) -> Result<BoxStream<'static, String>, StoreError> {
        let receiver = self.open()?.admin.bus.subscribe();
        let next = async |mut receiver: broadcast::Receiver<String>| Some((receiver.recv().await.ok()?, receiver));
        Ok(futures::stream::unfold(receiver, next).boxed())
    }
}

#[async_trait]
impl Mending for MemoryStore {
    async fn retry_dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        if list.as_str().starts_with("storage:") {
            return Err(refused());
        }
        let taken = self.take_letter(list, id)?;
        if taken {
            self.append(list.as_str(), &[id.as_str()]);
            let mut inner = self.open()?;
            inner.admin.retried.push((id.clone(), checkpoint.cloned()));
        }
        Ok(taken)
    }

    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError> {
        self.take_letter(list, id)
    }

    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError> {
        let mut inner = self.open()?;
        let held = |(_, held): &(HostId, Claim)| held.list == *list && held.id == *claim;
        let Some(at) = inner.admin.claims.iter().position(held) else {
            return Ok(false);
        };
        let (_, claim) = inner.admin.claims.remove(at);
        let entries = inner.lists.entry(list.to_string()).or_default();
        entries.push_front(claim.vcon.to_string());
        Ok(true)
    }

    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError> {
        let inner = self.open()?;
        let entries = inner.lists.get(list.as_str());
        let position = entries.and_then(|entries| entries.iter().position(|entry| entry == id.as_str()));
        Ok(position.map(|position| position as u64))
    }

    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError> {
        Ok(self.open()?.admin.trails.get(id).cloned().unwrap_or_default())
    }

    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError> {
        let inner = self.open()?;
        let parked = inner.admin.parked.get(list.as_str());
        Ok(parked.map(|ids| ids.iter().cloned().collect()).unwrap_or_default())
    }
}

#[async_trait]
impl AuditLog for MemoryStore {
    async fn audit(&self, entry: &str) -> Result<(), StoreError> {
        self.open()?.admin.audit.push(entry.to_owned());
        Ok(())
    }

    async fn audit_log(&self, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let inner = self.open()?;
        let newest_first = inner.admin.audit.iter().rev().cloned();
        Ok(newest_first.skip(offset as usize).take(count as usize).collect())
    }
}
