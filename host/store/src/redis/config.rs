//! The running configuration.
//!
//! Guarantee: it is replaced as a whole and read as a whole. Each replacement increases its
//! revision.

use async_trait::async_trait;
use redis::Value;

use super::encode::json;
use super::errors::damaged;
use super::{RedisStore, keys};
use crate::audit::MAX_AUDIT_ENTRIES;
use crate::{ConfigStore, StoreError};
use vconduit_base::ConfigEntries;

#[async_trait]
impl ConfigStore for RedisStore {
    async fn load_config(&self) -> Result<(u64, ConfigEntries), StoreError> {
        let call = self.scripts.load_config.call(&[keys::CONFIG]);
        let reply: Vec<Value> = self
            .connection
            .script("load config", &self.scripts.load_config, &call)
            .await?;
        let wrong = |_| damaged("load config", "an entry that is not text");
        let mut reply = reply.into_iter();
        let revision = redis::from_redis_value(reply.next().unwrap_or(Value::Int(0))).map_err(wrong)?;
        let mut entries = ConfigEntries::new();
        while let (Some(key), Some(text)) = (reply.next(), reply.next()) {
            entries.push((
                redis::from_redis_value(key).map_err(wrong)?,
                redis::from_redis_value(text).map_err(wrong)?,
            ));
        }
        Ok((revision, entries))
    }

    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<u64>,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError> {
        let names: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        let mut call = self.scripts.save_config.call(&[keys::CONFIG, keys::AUDIT]);
        call.arg(keys::new_step())
            .arg(expected.map(|expected| expected.to_string()).unwrap_or_default())
            .arg(audit.unwrap_or_default())
            .arg(MAX_AUDIT_ENTRIES)
            .arg(json(&names)?)
            .arg(entries.len());
        for (key, text) in entries {
            call.arg(key).arg(text);
        }
        let (saved, revision): (bool, u64) = self
            .connection
            .script("save config", &self.scripts.save_config, &call)
            .await?;
        Ok(if saved { Ok(revision) } else { Err(revision) })
    }

    async fn config_revision(&self) -> Result<u64, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(keys::CONFIG).arg("revision");
        let revision: Option<u64> = self.connection.run("config revision", &command).await?;
        Ok(revision.unwrap_or_default())
    }
}
