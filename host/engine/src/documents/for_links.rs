//! Other vCons, as links see them (`vcon:link/documents`). The grant has been checked by then.

use async_trait::async_trait;

use super::Documents;
use vcon_document::VconId;
use vcon_document::{Document, Text, canonical, ingest};
use vconduit_sandbox::call::{CreateError, DocumentAccess};

/// Faults of a refused document that a link is shown: enough to correct it, and few enough to read.
const FAULTS_TOLD: usize = 5;

#[async_trait]
impl DocumentAccess for Documents {
    async fn read(&self, id: &VconId) -> Result<Option<Text>, String> {
        let Some(stored) = self.fetch(id).await.map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        let mut document =
            Document::parse(stored.text).map_err(|error| format!("the stored text of {id} is damaged: {error}"))?;
        canonical::upgrade(&mut document);
        Ok(Some(document.text()))
    }

    async fn create(&self, json: &str) -> Result<VconId, CreateError> {
        let ingested = ingest::ingest(json.as_bytes()).map_err(|faults| {
            let told = faults
                .iter()
                .take(FAULTS_TOLD)
                .map(|fault| format!("{}: {}", fault.pointer, fault.message));
            CreateError::Invalid(told.collect::<Vec<_>>().join("; "))
        })?;
        self.create(&ingested, &[], None)
            .await
            .map_err(|error| CreateError::Unavailable(error.to_string()))?;
        Ok(ingested.id)
    }

    async fn delete(&self, id: &VconId) -> Result<bool, String> {
        self.delete(id).await.map_err(|error| error.to_string())
    }
}
