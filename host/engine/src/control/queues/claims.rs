//! Claims: runs in work, and the hosts that they are on.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{OnList, QueueError, Queues, lists};
use crate::control::audit::Actor;
use crate::events::Event;
use vconduit_base::names::{ClaimId, HostId, ListName};
use vconduit_store::{Claim, Progress};

/// Most claims in one answer; more are counted only.
const MAX_CLAIMS: usize = 10_000;

/// A worker's hold on an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClaimRow {
    /// Its id.
    pub id: String,
    /// The ingress list that the entry came from.
    pub list: String,
    /// The entry.
    pub vcon: String,
    /// The host that works on it.
    pub host: String,
    /// The chain that its last checkpoint belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The index of the link that its last checkpoint leads to, from 0, in the chain as it was
    /// then.
    pub next_link: u32,
    /// The link that its last checkpoint leads to, with its occurrence in the run: `tag#1` is the
    /// first link `tag`. `end` when only storages and egress are left. Absent without a checkpoint,
    /// and for a checkpoint of an older host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_place: Option<String>,
    /// The vCon that the run is about, when a link had switched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// When the run began, in Unix milliseconds; 0: no checkpoint yet.
    pub began_ms: u64,
    /// Leases lost on this entry before.
    pub lost_leases: u32,
    /// Versions of links that it was asked to run with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
}

impl ClaimRow {
    /// Of a claim and the host that holds it.
    pub fn new(host: &HostId, claim: &Claim) -> Self {
        let checkpoint = &claim.checkpoint;
        let versions = checkpoint.versions.iter();
        Self {
            id: claim.id.to_string(),
            list: claim.list.to_string(),
            vcon: claim.vcon.to_string(),
            host: host.to_string(),
            chain: checkpoint.chain.as_ref().map(ToString::to_string),
            next_link: checkpoint.next_link,
            next_place: checkpoint.progress.as_ref().map(Progress::next_place),
            current: checkpoint.current.as_ref().map(ToString::to_string),
            began_ms: checkpoint.began_ms,
            lost_leases: claim.lost_leases,
            versions: versions
                .map(|(link, version)| (link.to_string(), version.to_string()))
                .collect(),
        }
    }
}

/// Claims.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claims {
    /// How many there are.
    pub total: usize,
    /// Those of the lists in the order of the configuration; 10,000 at most.
    pub claims: Vec<ClaimRow>,
}

impl Queues {
    /// Claims on one ingress list, else on all ingress lists of the running configuration.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn claims(&self, list: Option<ListName>) -> Result<Claims, QueueError> {
        let (mut total, mut claims) = (0, Vec::new());
        for list in self.ingress_lists(list) {
            let found = self.store.claims(&list).await?;
            total += found.len();
            let room = MAX_CLAIMS.saturating_sub(claims.len());
            claims.extend(found.iter().take(room).map(|(host, claim)| ClaimRow::new(host, claim)));
        }
        Ok(Claims { total, claims })
    }

    /// Takes an entry away from its worker. It goes back to the head of its list with its last checkpoint; the worker can't write
    /// anything for it any more. Returns the claim as it was.
    ///
    /// # Errors
    /// There is no such claim; the store is unavailable.
    pub async fn requeue(&self, id: &ClaimId, list: Option<ListName>, actor: &Actor) -> Result<ClaimRow, QueueError> {
        let found = self.find_claim(id, self.ingress_lists(list)).await?;
        let (host, claim) = found.ok_or_else(|| QueueError::NoClaim(id.clone()))?;
        if !self.store.requeue_claim(&claim.list, id).await? {
            return Err(QueueError::NoClaim(id.clone()));
        }
        let row = ClaimRow::new(&host, &claim);
        let after = OnList { list: &claim.list };
        self.audit(actor, "claim.requeue", id.as_str(), &row, &after).await?;
        self.events.tell(|| Event::VconRequeued {
            vcon: claim.vcon.clone(),
            list: claim.list.clone(),
            claim: id.clone(),
            by: actor.name.clone(),
        });
        Ok(row)
    }

    fn ingress_lists(&self, list: Option<ListName>) -> Vec<ListName> {
        match list {
            Some(list) => vec![list],
            None => lists::ingress(&self.live.load().config),
        }
    }

    async fn find_claim(&self, id: &ClaimId, lists: Vec<ListName>) -> Result<Option<(HostId, Claim)>, QueueError> {
        for list in lists {
            let claims = self.store.claims(&list).await?;
            if let Some(found) = claims.into_iter().find(|(_, claim)| claim.id == *id) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
