//! Where a vCon is now, and what happened to it.

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::claims::ClaimRow;
use super::lists::{KnownList, ListKind, known};
use super::page::ok;
use super::{Answer, PathOf, Problem, dead_letters};
use crate::api::Shared;
use crate::auth::Admin;
use crate::names::{ListName, StorageName, VconId};
use crate::storage::CopyState;
use crate::store::ErrorRecord;

/// A place that a vCon is in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "place", rename_all = "kebab-case")]
pub enum PlaceOf {
    /// It waits on a list.
    List {
        /// Which.
        list: String,
        /// What that list is for.
        kind: ListKind,
        /// Entries before it.
        position: u64,
        /// The chain that the list belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        chain: Option<String>,
        /// Whether that chain takes from its lists.
        enabled: bool,
    },
    /// It is in work.
    Claim(ClaimRow),
    /// Its run waits until its id comes back on `resume:<list>`.
    Parked {
        /// The ingress list.
        list: String,
    },
    /// It failed.
    DeadLetter {
        /// The dead-letter list.
        list: String,
        /// Entries before it.
        position: u64,
        /// Why; absent where another program put it there.
        #[schema(value_type = Option<Object>)]
        record: Option<ErrorRecord>,
    },
}

/// A storage, and what it says when it is asked for the vCon.
#[derive(Debug, Serialize, ToSchema)]
pub struct CopyIn {
    /// The storage.
    #[schema(value_type = String)]
    storage: StorageName,
    /// Whether it has a copy; absent where it can't be asked (a webhook) or did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<bool>,
    /// Why it did not answer, or what it has instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl CopyIn {
    fn of((storage, state): (StorageName, CopyState)) -> Self {
        let (held, error) = match state {
            CopyState::Held => (Some(true), None),
            CopyState::Absent => (Some(false), None),
            CopyState::Unsupported => (None, None),
            CopyState::Failed(error) => (None, Some(error)),
        };
        Self { storage, held, error }
    }
}

/// All that is known of a vCon.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whereabouts {
    /// The vCon.
    vcon: String,
    /// Whether its document is in the working store.
    stored: bool,
    /// For how long still, in seconds; absent: for ever, or it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_s: Option<i64>,
    /// Where it is. Empty: it is not on its way, or it moved while it was looked for.
    places: Vec<PlaceOf>,
    /// The storages of the running configuration, each asked just now.
    storages: Vec<CopyIn>,
    /// What runs did with it, the oldest first: each with its host, its links with versions, times and outcomes, its storages. The last 20 are
    /// kept, for `VCONDUIT_TRAIL_EXPIRY` seconds after the last.
    #[schema(value_type = Vec<Object>)]
    trail: Vec<Value>,
}

/// Where a vCon is
///
/// On the lists of the running configuration, in work, parked, in dead letters, in storages; and what runs did with it. The places are
/// looked at one after another, in the direction that vCons take: one that moves meanwhile may show in two.
#[utoipa::path(
    get, path = "/where/{uuid}", tag = "admin: queues",
    params(("uuid" = String, Path, description = "the vCon, in the spelling that it has on lists")),
    responses(
        (status = 200, description = "what is known of it", body = Whereabouts),
        (status = 404, description = "nothing is known of it", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn get_where(_: Admin, State(api): State<Shared>, PathOf(id): PathOf<VconId>) -> Answer {
    let lists = known(&api.live.load().config);
    let mut places = Vec::new();
    waiting(&api, &lists, ListKind::Ingress, &id, &mut places).await?;
    for list in of_kind(&lists, ListKind::Ingress) {
        in_work(&api, &list.name, &id, &mut places).await?;
    }
    waiting(&api, &lists, ListKind::Resume, &id, &mut places).await?;
    for list in of_kind(&lists, ListKind::DeadLetters) {
        failed(&api, &list.name, &id, &mut places).await?;
    }
    waiting(&api, &lists, ListKind::Egress, &id, &mut places).await?;
    let lifetime = api.store.lifetime(&id).await?;
    let trail = api.store.trail(&id).await?;
    let storages: Vec<CopyIn> = api.documents.copies(&id).await.into_iter().map(CopyIn::of).collect();
    let held = storages.iter().any(|copy| copy.held == Some(true));
    if lifetime.is_none() && places.is_empty() && trail.is_empty() && !held {
        return Err(unknown(&id, &storages));
    }
    ok(&Whereabouts {
        vcon: id.to_string(),
        stored: lifetime.is_some(),
        expires_in_s: lifetime.filter(|seconds| *seconds >= 0),
        places,
        storages,
        trail: trail.into_iter().map(as_json).collect(),
    })
}

/// A storage that did not answer may have it.
fn unknown(id: &VconId, storages: &[CopyIn]) -> Problem {
    let silent: Vec<&str> = storages
        .iter()
        .filter(|copy| copy.error.is_some())
        .map(|copy| copy.storage.as_str())
        .collect();
    let problem = Problem::not_found(format!("nothing is known of vCon {id}"));
    if silent.is_empty() {
        return problem;
    }
    problem.fix(format!("ask again when these storages answer: {}", silent.join(", ")))
}

fn of_kind(lists: &[KnownList], kind: ListKind) -> impl Iterator<Item = &KnownList> {
    lists.iter().filter(move |list| list.kind == kind)
}

async fn waiting(
    api: &Shared,
    lists: &[KnownList],
    kind: ListKind,
    id: &VconId,
    places: &mut Vec<PlaceOf>,
) -> Result<(), Problem> {
    for list in of_kind(lists, kind) {
        let position = api.store.position(&list.name, id).await?;
        places.extend(position.map(|position| PlaceOf::List {
            list: list.name.to_string(),
            kind,
            position,
            chain: list.chain.clone(),
            enabled: list.enabled,
        }));
    }
    Ok(())
}

/// Claims on this list and runs of it that are parked.
async fn in_work(api: &Shared, list: &ListName, id: &VconId, places: &mut Vec<PlaceOf>) -> Result<(), Problem> {
    let claims = api.store.claims(list).await?;
    let about = claims
        .iter()
        .filter(|(_, claim)| claim.vcon == *id || claim.checkpoint.current.as_ref() == Some(id));
    places.extend(about.map(|(host, claim)| PlaceOf::Claim(ClaimRow::new(host, claim))));
    if api.store.parked(list).await?.contains(id) {
        places.push(PlaceOf::Parked { list: list.to_string() });
    }
    Ok(())
}

async fn failed(api: &Shared, dead_letters: &ListName, id: &VconId, places: &mut Vec<PlaceOf>) -> Result<(), Problem> {
    let Some(Ok(of)) = dead_letters.as_str().strip_prefix("DLQ:").map(ListName::new) else {
        return Ok(());
    };
    let found = dead_letters::find(api, &of, id).await?;
    places.extend(found.map(|(position, letter)| PlaceOf::DeadLetter {
        list: dead_letters.to_string(),
        position,
        record: letter.record,
    }));
    Ok(())
}

/// An entry that is no JSON was written by someone else; it is shown as it is.
fn as_json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
