//! Where a vCon is now, and what happened to it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::claims::ClaimRow;
use super::lists::{KnownList, ListKind, known};
use super::{QueueError, Queues};
use vcon_document::VconId;
use vconduit_base::names::{ListName, StorageName};
use vconduit_storage::CopyState;
use vconduit_store::ErrorRecord;

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
    pub storage: StorageName,
    /// Whether it has a copy; absent where it can't be asked (a webhook) or did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// Why it did not answer, or what it has instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
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
    pub vcon: String,
    /// Whether its document is in the working store.
    pub stored: bool,
    /// For how long still, in seconds; absent: for ever, or it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<i64>,
    /// Where it is. Empty: it is not on its way, or it moved while it was looked for.
    pub places: Vec<PlaceOf>,
    /// The storages of the running configuration, each asked just now.
    pub storages: Vec<CopyIn>,
    /// What runs did with it, the oldest first: each with its host, its links with versions, times and outcomes, its storages. The last 20 are
    /// kept, for `VCONDUIT_TRAIL_EXPIRY` seconds after the last.
    #[schema(value_type = Vec<Object>)]
    pub trail: Vec<Value>,
}

impl Queues {
    /// All that is known of a vCon. The places are looked at one after another, in the direction that vCons take: one that moves
    /// meanwhile may show in two.
    ///
    /// # Errors
    /// Nothing is known of it; the store is unavailable.
    pub async fn whereabouts(&self, id: &VconId) -> Result<Whereabouts, QueueError> {
        let places = self.places(id).await?;
        let lifetime = self.store.lifetime(id).await?;
        let trail = self.store.trail(id).await?;
        let storages: Vec<CopyIn> = self.documents.copies(id).await.into_iter().map(CopyIn::of).collect();
        let held = storages.iter().any(|copy| copy.held == Some(true));
        if lifetime.is_none() && places.is_empty() && trail.is_empty() && !held {
            return Err(unknown(id, &storages));
        }
        Ok(Whereabouts {
            vcon: id.to_string(),
            stored: lifetime.is_some(),
            expires_in_s: lifetime.filter(|seconds| *seconds >= 0),
            places,
            storages,
            trail: trail.into_iter().map(as_json).collect(),
        })
    }

    async fn places(&self, id: &VconId) -> Result<Vec<PlaceOf>, QueueError> {
        let lists = known(&self.live.load().config);
        let mut places = Vec::new();
        self.waiting(&lists, ListKind::Ingress, id, &mut places).await?;
        for list in of_kind(&lists, ListKind::Ingress) {
            self.in_work(&list.name, id, &mut places).await?;
        }
        self.waiting(&lists, ListKind::Resume, id, &mut places).await?;
        for list in of_kind(&lists, ListKind::DeadLetters) {
            self.failed(&list.name, id, &mut places).await?;
        }
        self.waiting(&lists, ListKind::Egress, id, &mut places).await?;
        Ok(places)
    }

    async fn waiting(
        &self,
        lists: &[KnownList],
        kind: ListKind,
        id: &VconId,
        places: &mut Vec<PlaceOf>,
    ) -> Result<(), QueueError> {
        for list in of_kind(lists, kind) {
            let position = self.store.position(&list.name, id).await?;
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
    async fn in_work(&self, list: &ListName, id: &VconId, places: &mut Vec<PlaceOf>) -> Result<(), QueueError> {
        let claims = self.store.claims(list).await?;
        let about = claims
            .iter()
            .filter(|(_, claim)| claim.vcon == *id || claim.checkpoint.current.as_ref() == Some(id));
        places.extend(about.map(|(host, claim)| PlaceOf::Claim(ClaimRow::new(host, claim))));
        if self.store.parked(list).await?.contains(id) {
            places.push(PlaceOf::Parked { list: list.to_string() });
        }
        Ok(())
    }

    async fn failed(&self, dead_letters: &ListName, id: &VconId, places: &mut Vec<PlaceOf>) -> Result<(), QueueError> {
        let Some(Ok(of)) = dead_letters.as_str().strip_prefix("DLQ:").map(ListName::new) else {
            return Ok(());
        };
        let found = self.dead_letter(&of, id).await?;
        places.extend(found.map(|(position, letter)| PlaceOf::DeadLetter {
            list: dead_letters.to_string(),
            position,
            record: letter.record,
        }));
        Ok(())
    }
}

/// A storage that did not respond may have it.
fn unknown(id: &VconId, storages: &[CopyIn]) -> QueueError {
    let silent = storages.iter().filter(|copy| copy.error.is_some());
    QueueError::Unknown {
        vcon: id.clone(),
        silent: silent.map(|copy| copy.storage.clone()).collect(),
    }
}

fn of_kind(lists: &[KnownList], kind: ListKind) -> impl Iterator<Item = &KnownList> {
    lists.iter().filter(move |list| list.kind == kind)
}

/// An entry that is no JSON was written by someone else; it is shown as it is.
fn as_json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
