//! Mending single entries.
//!
//! Guarantee: a step that is sent again, because its answer was lost, moves or removes one entry and not two.

use async_trait::async_trait;

use super::claims::json;
use super::errors::damaged;
use super::{RedisStore, keys};
use crate::mending::{Mending, can_go_back};
use crate::{Checkpoint, Guarded, StoreError};
use vcon_document::VconId;
use vconduit_base::names::{ClaimId, ListName};

#[async_trait]
impl Mending for RedisStore {
    async fn retry_dead_letter(
        &self,
        list: &ListName,
        id: &VconId,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        can_go_back(list)?;
        let checkpoint = checkpoint.map(json).transpose()?;
        let dead = list.dead_letters();
        let script = &self.scripts.retry_dead_letter;
        let mut call = script.call(&[dead.as_str(), list.as_str(), &keys::records(list), &keys::resume(list)]);
        call.arg(keys::new_step())
            .arg(id.as_str())
            .arg(checkpoint.unwrap_or_default());
        self.connection.script("retry dead letter", script, &call).await
    }

    async fn drop_dead_letter(&self, list: &ListName, id: &VconId) -> Result<bool, StoreError> {
        let dead = list.dead_letters();
        let script = &self.scripts.drop_dead_letter;
        let mut call = script.call(&[dead.as_str(), &keys::records(list)]);
        call.arg(keys::new_step()).arg(id.as_str());
        self.connection.script("drop dead letter", script, &call).await
    }

    async fn requeue_claim(&self, list: &ListName, claim: &ClaimId) -> Result<bool, StoreError> {
        let ended = self.give_back("requeue claim", list, claim, "force").await?;
        Ok(matches!(ended, Guarded::Done(_)))
    }

    async fn position(&self, list: &ListName, id: &VconId) -> Result<Option<u64>, StoreError> {
        let mut command = redis::cmd("LPOS");
        command.arg(list.as_str()).arg(id.as_str());
        self.connection.run("position", &command).await
    }

    async fn trail(&self, id: &VconId) -> Result<Vec<String>, StoreError> {
        let mut command = redis::cmd("LRANGE");
        command.arg(keys::trail(id)).arg(0).arg(-1);
        self.connection.run("trail", &command).await
    }

    async fn parked(&self, list: &ListName) -> Result<Vec<VconId>, StoreError> {
        let ids: Vec<String> = self
            .connection
            .run("parked", redis::cmd("HKEYS").arg(keys::parked(list)))
            .await?;
        let ids: Result<Vec<VconId>, _> = ids.into_iter().map(VconId::new).collect();
        let mut ids = ids.map_err(|error| damaged("parked", error))?;
        ids.sort();
        Ok(ids)
    }
}
