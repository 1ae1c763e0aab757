//! Claims: runs in work, and the hosts that they are on.

use super::{OnList, QueueError, Queues, lists};
use crate::control::audit::Actor;
use crate::events::Event;
use vconduit_admin_types::{ClaimRow, Claims};
use vconduit_base::names::{ClaimId, HostId, ListName};
use vconduit_store::{Claim, Progress};

/// Maximum number of claims in one result. Further ones are only counted.
const MAX_CLAIMS: usize = 10_000;

/// A claim, with the host that holds it.
pub(super) fn row(host: &HostId, claim: &Claim) -> ClaimRow {
    let checkpoint = &claim.checkpoint;
    ClaimRow {
        id: claim.id.clone(),
        list: claim.list.clone(),
        vcon: claim.vcon.to_string(),
        host: host.clone(),
        chain: checkpoint.chain.clone(),
        next_link: checkpoint.next_link,
        next_place: checkpoint.progress.as_ref().map(Progress::next_place),
        current: checkpoint.current.as_ref().map(ToString::to_string),
        began_ms: checkpoint.began_ms,
        lost_leases: claim.lost_leases,
        versions: checkpoint.versions.clone(),
    }
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
            claims.extend(found.iter().take(room).map(|(host, claim)| row(host, claim)));
        }
        Ok(Claims { total, claims })
    }

    /// Takes an entry away from its worker. It goes back to the head of its list with its last
    /// checkpoint; the worker can't write anything for it any more. Returns the claim as it was.
    ///
    /// # Errors
    /// There is no such claim; the store is unavailable.
    pub async fn requeue(&self, id: &ClaimId, list: Option<ListName>, actor: &Actor) -> Result<ClaimRow, QueueError> {
        let found = self.find_claim(id, self.ingress_lists(list)).await?;
        let (host, claim) = found.ok_or_else(|| QueueError::NoClaim(id.clone()))?;
        if !self.store.requeue_claim(&claim.list, id).await? {
            return Err(QueueError::NoClaim(id.clone()));
        }
        let row = row(&host, &claim);
        let after = OnList { list: &claim.list };
        self.audit(actor, "claim.requeue", id.as_str(), &row, &after).await?;
        self.events.publish(|| Event::VconRequeued {
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
