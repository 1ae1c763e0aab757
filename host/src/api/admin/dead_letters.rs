//! Dead letters, one by one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::page::{Page, ok};
use super::{Answer, Entry, PathOf, Problem, QueryOf};
use crate::api::measure::{self, Source};
use crate::api::{Shared, reply};
use crate::auth::Admin;
use crate::config::store_copy;
use crate::events::Event;
use crate::names::{ChainName, Digest, LinkName, ListName, VconId};
use crate::store::{Checkpoint, ConfigEntries, DeadLetter};

/// What the names of storages' dead letters begin with: they did not come from a list.
const OF_STORAGE: &str = "storage:";

/// Dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetters {
    /// How many there are.
    total: u64,
    /// A part of them, the oldest first. The record says why; it is absent where another program pushed the id.
    #[schema(value_type = Vec<Object>)]
    dead_letters: Vec<DeadLetter>,
}

/// Dead letters with their records
///
/// Of an ingress list; `storage:<name>` for vCons that a storage did not take.
#[utoipa::path(
    get, path = "/dlq/{list}", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "the ingress list, without `DLQ:`"),
        ("offset" = Option<u64>, Query, description = "how many to pass over"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "how many at most, default 100"),
    ),
    responses((status = 200, description = "the dead letters, the oldest first", body = DeadLetters)),
)]
pub async fn get_dead_letters(
    _: Admin,
    State(api): State<Shared>,
    PathOf(list): PathOf<ListName>,
    QueryOf(page): QueryOf<Page>,
) -> Answer {
    let limit = page.limit()?;
    let total = api.store.depth(&list.dead_letters()).await?;
    let dead_letters = api.store.dead_letters(&list, page.offset, limit).await?;
    ok(&DeadLetters { total, dead_letters })
}

/// How a dead letter is to be tried again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Versions of links to run instead of the active ones: link → digest, or the first six digits of it or more.
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

impl Retry {
    /// From a body that may be absent.
    fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, Problem> {
        let body = body.map_err(|rejection| Problem::invalid(rejection.body_text()))?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        // By way of a map: a struct could also be read from an array.
        let read = serde_json::from_slice::<Map<String, Value>>(&body)
            .and_then(|members| serde_json::from_value(members.into()));
        read.map_err(|error| {
            Problem::invalid(format!("the body is not a retry: {error}"))
                .fix("send nothing, or {\"versions\": {\"<link>\": \"<digest>\"}}")
        })
    }
}

/// Try one dead letter again
///
/// It goes to the tail of its ingress list and through the whole chain, with the document as it is now.
#[utoipa::path(
    post, path = "/dlq/{list}/{uuid}/retry", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "the ingress list, without `DLQ:`"),
        ("uuid" = String, Path, description = "the vCon"),
    ),
    request_body = Option<Retry>,
    responses(
        (status = 200, description = "the list that it is on again, and the versions asked for", body = Object),
        (status = 404, description = "there is no such dead letter", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "it can't go back, or not with these versions", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn retry_dead_letter(
    admin: Admin,
    State(api): State<Shared>,
    PathOf((list, id)): PathOf<(ListName, VconId)>,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let retry = Retry::read(body)?;
    if list.as_str().starts_with(OF_STORAGE) {
        let detail = format!("the dead letters of {list} did not come from a list that they could go back to");
        return Err(Problem::conflict(detail)
            .fix("push the vCon to an ingress list whose chain has that storage, then delete the dead letter"));
    }
    let versions = versions(&api, &list, retry).await?;
    let checkpoint = versions.clone().map(|(chain, versions)| Checkpoint {
        chain: Some(chain),
        versions,
        ..Checkpoint::default()
    });
    let before = before(&api, &list, &id).await?;
    if !api.store.retry_dead_letter(&list, &id, checkpoint.as_ref()).await? {
        return Err(gone(&list, &id));
    }
    measure::enqueued(&api, &list, Source::DeadLetters, 1);
    let versions = versions.map(|(_, versions)| versions).unwrap_or_default();
    let after = json!({"list": list, "versions": versions});
    let target = format!("{}/{id}", list.dead_letters());
    let entry = Entry::new(&admin, "dead_letter.retry", &target, before, after.clone());
    entry.keep(api.store.as_ref()).await?;
    api.events.tell(|| Event::VconRetried {
        vcon: id.clone(),
        list: list.clone(),
        versions,
        by: admin.name.clone(),
    });
    ok(&after)
}

/// Remove one dead letter
///
/// With its record, which the audit log keeps. The document stays.
#[utoipa::path(
    delete, path = "/dlq/{list}/{uuid}", tag = "admin: queues",
    params(
        ("list" = String, Path, description = "the ingress list, without `DLQ:`; or `storage:<name>`"),
        ("uuid" = String, Path, description = "the vCon"),
    ),
    responses(
        (status = 204, description = "it is gone"),
        (status = 404, description = "there is no such dead letter", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn drop_dead_letter(
    admin: Admin,
    State(api): State<Shared>,
    PathOf((list, id)): PathOf<(ListName, VconId)>,
) -> Answer {
    let before = before(&api, &list, &id).await?;
    if !api.store.drop_dead_letter(&list, &id).await? {
        return Err(gone(&list, &id));
    }
    let target = format!("{}/{id}", list.dead_letters());
    let entry = Entry::new(&admin, "dead_letter.drop", &target, before, Value::Null);
    entry.keep(api.store.as_ref()).await?;
    api.events.tell(|| Event::VconDropped {
        vcon: id.clone(),
        list: list.clone(),
        by: admin.name.clone(),
    });
    Ok(reply::empty())
}

/// A dead letter and its place in its list. Nothing when there is none, or it has just moved.
pub async fn find(api: &Shared, list: &ListName, id: &VconId) -> Result<Option<(u64, DeadLetter)>, Problem> {
    let Some(position) = api.store.position(&list.dead_letters(), id).await? else {
        return Ok(None);
    };
    let found = api.store.dead_letters(list, position, 1).await?.into_iter().next();
    Ok(found
        .filter(|letter| letter.vcon == *id)
        .map(|letter| (position, letter)))
}

async fn before(api: &Shared, list: &ListName, id: &VconId) -> Result<Value, Problem> {
    let record = find(api, list, id).await?.and_then(|(_, letter)| letter.record);
    Ok(json!({"list": list.dead_letters(), "record": record}))
}

fn gone(list: &ListName, id: &VconId) -> Problem {
    Problem::not_found(format!("there is no vCon {id} in {}", list.dead_letters()))
        .fix(format!("look at GET /admin/v1/where/{id}"))
}

/// The chain of the list and the versions asked for, checked; nothing when none are asked for.
async fn versions(
    api: &Shared,
    list: &ListName,
    retry: Retry,
) -> Result<Option<(ChainName, BTreeMap<LinkName, Digest>)>, Problem> {
    if retry.versions.is_empty() {
        return Ok(None);
    }
    let snapshot = api.live.load_full();
    let chain = snapshot.ingress.get(list);
    let Some((name, chain)) = chain.and_then(|name| Some((name, snapshot.config.chains.get(name)?))) else {
        let detail =
            format!("no chain that is enabled takes from list {list}, so there is no link to run in another version");
        return Err(Problem::conflict(detail).fix("retry without versions, or enable the chain"));
    };
    let (_, entries) = api.store.load_config().await?;
    let mut versions = BTreeMap::new();
    for (link, wanted) in retry.versions {
        let link = LinkName::new(link)?;
        if !chain.links.iter().any(|place| place.name == link) {
            return Err(Problem::conflict(format!("chain {name} has no link {link}")));
        }
        let active = snapshot.links.get(&link).map(|ready| &ready.component.digest);
        let digest = match active.filter(|active| active.as_str() == wanted) {
            Some(active) => active.clone(),
            None => version(&entries, &link, &wanted)?,
        };
        versions.insert(link, digest);
    }
    Ok(Some((name.clone(), versions)))
}

/// A version of a link that may run.
fn version(entries: &ConfigEntries, link: &LinkName, wanted: &str) -> Result<Digest, Problem> {
    let record = store_copy::record(entries, link.as_str()).map_err(Problem::conflict)?;
    let version = record.allowed(wanted).map_err(|error| {
        Problem::conflict(format!("link {link}: {error}")).fix(format!("look at GET /admin/v1/links/{link}/versions"))
    })?;
    Ok(version.digest.clone())
}
