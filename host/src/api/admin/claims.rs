//! Claims: what is in work, and where.

use axum::extract::State;
use serde::Deserialize;

use super::page::ok;
use super::{Answer, PathOf, Problem, QueryOf};
use crate::api::Shared;
use crate::auth::Admin;
use crate::events::Event;
use crate::names::{ClaimId, HostId, ListName};
use crate::store::{Claim, Progress};

/// The most claims in one answer; more are counted only.
const MOST: usize = 10_000;

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
    total: usize,
    /// Those of the lists in the order of the configuration; 10,000 at most.
    claims: Vec<ClaimRow>,
}

/// `?list=`
#[derive(Debug, Deserialize)]
pub struct OfList {
    list: Option<ListName>,
}

/// What is in work
///
/// On any host. The place in the chain is that of the last checkpoint: the run itself is as far or
/// farther.
#[utoipa::path(
    get, path = "/claims", tag = "admin: queues",
    params(("list" = Option<String>, Query, description = "only those of this ingress list; it need not be in the configuration any more")),
    responses((status = 200, description = "the claims", body = Claims)),
)]
pub async fn get_claims(_: Admin, State(api): State<Shared>, QueryOf(of): QueryOf<OfList>) -> Answer {
    ok(&api.queues.claims(of.list).await?)
}

/// Take an entry away from its worker
///
/// It goes back to the head of its list with its last checkpoint. The worker that holds it, should
/// it still be alive, can't write anything any more. What a link did outside since the checkpoint
/// is done again.
#[utoipa::path(
    post, path = "/claims/{id}/requeue", tag = "admin: queues",
    params(
        ("id" = String, Path, description = "the claim"),
        ("list" = Option<String>, Query, description = "its ingress list, if that is not in the configuration any more"),
    ),
    responses(
        (status = 200, description = "the claim as it was", body = ClaimRow),
        (status = 404, description = "there is no such claim: the run has ended", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn requeue_claim(
    Admin(actor): Admin,
    State(api): State<Shared>,
    PathOf(id): PathOf<ClaimId>,
    QueryOf(of): QueryOf<OfList>,
) -> Answer {
    ok(&api.queues.requeue(&id, of.list, &actor).await?)
}
