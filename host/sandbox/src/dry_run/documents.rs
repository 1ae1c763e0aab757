//! Other vCons, in a call that changes nothing.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;

use crate::call::{CreateError, DocumentAccess};
use vcon_document::VconId;
use vcon_document::{Text, ingest};

/// Deeds that are noted. A call may make 10,000, and 100 are more than anyone reads.
const MAX_NOTED: usize = 100;

/// Faults of a refused document, as many as a link is told where it counts.
const FAULTS_TOLD: usize = 5;

/// What would have been done to another vCon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherVcon {
    /// What.
    pub deed: Deed,
    /// Which one.
    pub id: VconId,
}

/// What can be done to another vCon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Store it.
    Create,
    /// Delete it.
    Delete,
}

/// Reads through to others; creates and deletes in its answers only.
pub struct DryDocuments {
    inner: Arc<dyn DocumentAccess>,
    deeds: Mutex<Vec<OtherVcon>>,
}

impl DryDocuments {
    /// Reads from these.
    #[must_use]
    pub fn over(inner: Arc<dyn DocumentAccess>) -> Self {
        Self {
            inner,
            deeds: Mutex::default(),
        }
    }

    /// What would have been done, in order.
    #[must_use]
    pub fn deeds(&self) -> Vec<OtherVcon> {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, deed: Deed, id: &VconId) {
        let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        if deeds.len() < MAX_NOTED {
            deeds.push(OtherVcon { deed, id: id.clone() });
        }
    }
}

#[async_trait]
impl DocumentAccess for DryDocuments {
    async fn read(&self, id: &VconId) -> Result<Option<Text>, String> {
        self.inner.read(id).await
    }

    async fn create(&self, json: &str) -> Result<VconId, CreateError> {
        let ingested = ingest::ingest(json.as_bytes()).map_err(|faults| {
            let told = faults.iter().take(FAULTS_TOLD);
            let told = told.map(|fault| format!("{}: {}", fault.pointer, fault.message));
            CreateError::Invalid(told.collect::<Vec<_>>().join("; "))
        })?;
        self.note(Deed::Create, &ingested.id);
        Ok(ingested.id)
    }

    async fn delete(&self, id: &VconId) -> Result<bool, String> {
        let exists = self.inner.read(id).await?.is_some();
        if exists {
            self.note(Deed::Delete, id);
        }
        Ok(exists)
    }
}
