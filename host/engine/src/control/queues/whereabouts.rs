//! The places of a vCon, and the trail of its runs.

use serde_json::Value;

use super::lists::{KnownList, known};
use super::{QueueError, Queues, claims, dead_letters};
use vcon_document::VconId;
use vconduit_admin_types::{CopyIn, ListKind, PlaceOf, Whereabouts};
use vconduit_base::names::{ListName, StorageName};
use vconduit_storage::CopyState;

impl Queues {
    /// All that is known of a vCon. The places are looked at one after another, in the direction
    /// that vCons take: one that moves meanwhile may show in two.
    ///
    /// # Errors
    /// Nothing is known of it; the store is unavailable.
    pub async fn whereabouts(&self, id: &VconId) -> Result<Whereabouts, QueueError> {
        let places = self.places(id).await?;
        let lifetime = self.store.lifetime(id).await?;
        let trail = self.store.trail(id).await?;
        let storages: Vec<CopyIn> = self.documents.copies(id).await.into_iter().map(copy_in).collect();
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
                list: list.name.clone(),
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
        places.extend(about.map(|(host, claim)| PlaceOf::Claim(claims::row(host, claim))));
        if self.store.parked(list).await?.contains(id) {
            places.push(PlaceOf::Parked { list: list.clone() });
        }
        Ok(())
    }

    async fn failed(&self, letters: &ListName, id: &VconId, places: &mut Vec<PlaceOf>) -> Result<(), QueueError> {
        let Some(Ok(of)) = letters.as_str().strip_prefix("DLQ:").map(ListName::new) else {
            return Ok(());
        };
        let found = self.dead_letter(&of, id).await?;
        places.extend(found.map(|(position, letter)| PlaceOf::DeadLetter {
            list: letters.clone(),
            position,
            record: letter.record.map(dead_letters::failure),
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

fn copy_in((storage, state): (StorageName, CopyState)) -> CopyIn {
    let (held, error) = match state {
        CopyState::Held => (Some(true), None),
        CopyState::Absent => (Some(false), None),
        CopyState::Unsupported => (None, None),
        CopyState::Failed(error) => (None, Some(error)),
    };
    CopyIn { storage, held, error }
}
