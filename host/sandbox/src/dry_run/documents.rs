//! Access to other vCons in a dry run.
//!
//! Guarantee: vCons are read, but neither created nor deleted.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;

use crate::surroundings::{CreateError, DocumentAccess};
use vcon_document::{Text, VconId, ingest};

/// Maximum number of operations in the report. A call may make 10,000, and 100 are more than anyone
/// reads.
const MAX_DEEDS: usize = 100;

/// Number of faults of a refused document in the error. A link gets as many in a real call.
const MAX_FAULTS: usize = 5;

/// An operation on another vCon that a real call would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherVcon {
    /// The operation.
    pub deed: Deed,
    /// Id of the other vCon.
    pub id: VconId,
}

/// Operation on another vCon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The vCon would be stored.
    Create,
    /// The vCon would be deleted.
    Delete,
}

/// Reads vCons through `inner`. Notes creations and deletions instead of doing them.
pub(crate) struct DryDocuments {
    inner: Arc<dyn DocumentAccess>,
    deeds: Mutex<Vec<OtherVcon>>,
}

impl DryDocuments {
    /// Access that reads through `inner`.
    pub(crate) fn over(inner: Arc<dyn DocumentAccess>) -> Self {
        Self {
            inner,
            deeds: Mutex::default(),
        }
    }

    /// Returns the noted operations in order.
    pub(crate) fn deeds(&self) -> Vec<OtherVcon> {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, deed: Deed, id: &VconId) {
        let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        if deeds.len() < MAX_DEEDS {
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
            let faults = faults.iter().take(MAX_FAULTS);
            let faults = faults.map(|fault| format!("{}: {}", fault.pointer, fault.message));
            CreateError::Invalid(faults.collect::<Vec<_>>().join("; "))
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
