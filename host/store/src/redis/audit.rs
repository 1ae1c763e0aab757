//! The audit log.
//!
//! Guarantee: an entry that is sent twice, because its reply was lost, is in the log once.

use async_trait::async_trait;

use super::lists::range;
use super::{RedisStore, keys};
use crate::StoreError;
use crate::audit::{AuditStore, MAX_AUDIT_ENTRIES};

#[async_trait]
impl AuditStore for RedisStore {
    async fn audit(&self, entry: &str) -> Result<(), StoreError> {
        let mut call = self.scripts.audit.call(&[keys::AUDIT]);
        call.arg(keys::new_step()).arg(entry).arg(MAX_AUDIT_ENTRIES);
        self.connection.script("audit", &self.scripts.audit, &call).await
    }

    async fn audit_log(&self, offset: u64, count: u64) -> Result<Vec<String>, StoreError> {
        let Some((first, last)) = range(offset, count) else {
            return Ok(Vec::new());
        };
        let mut command = redis::cmd("LRANGE");
        command.arg(keys::AUDIT).arg(first).arg(last);
        self.connection.run("audit log", &command).await
    }
}
