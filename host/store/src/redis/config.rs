//! The running configuration.
//!
//! Guarantee: it is replaced as a whole and read as a whole. Each replacement has a new random
//! revision, which is also the name of the step: a step that is sent again keeps it.

use async_trait::async_trait;
use redis::Value;

use super::encode::json;
use super::errors::damaged;
use super::{RedisStore, keys};
use crate::audit::MAX_AUDIT_ENTRIES;
use crate::{ConfigStore, StoreError};
use vconduit_base::{ConfigEntries, ConfigRevision};

#[async_trait]
impl ConfigStore for RedisStore {
    async fn load_config(&self) -> Result<(ConfigRevision, ConfigEntries), StoreError> {
        let call = self.scripts.load_config.call(&[keys::CONFIG]);
        let reply: Vec<Value> = self
            .connection
            .script("load config", &self.scripts.load_config, &call)
            .await?;
        let wrong = |_| damaged("load config", "an entry that is not text");
        let mut reply = reply.into_iter();
        let revision: u64 = redis::from_redis_value(reply.next().unwrap_or(Value::Int(0))).map_err(wrong)?;
        let mut entries = ConfigEntries::new();
        while let (Some(key), Some(text)) = (reply.next(), reply.next()) {
            entries.push((
                redis::from_redis_value(key).map_err(wrong)?,
                redis::from_redis_value(text).map_err(wrong)?,
            ));
        }
        Ok((revision.into(), entries))
    }

    async fn save_config(
        &self,
        entries: &ConfigEntries,
        expected: Option<ConfigRevision>,
        audit: Option<&str>,
    ) -> Result<Result<ConfigRevision, ConfigRevision>, StoreError> {
        let names: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        let mut call = self.scripts.save_config.call(&[keys::CONFIG, keys::AUDIT]);
        call.arg(ConfigRevision::random().number())
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
        let revision = revision.into();
        Ok(if saved { Ok(revision) } else { Err(revision) })
    }

    async fn config_revision(&self) -> Result<ConfigRevision, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(keys::CONFIG).arg("revision");
        let revision: Option<u64> = self.connection.run("config revision", &command).await?;
        Ok(revision.unwrap_or_default().into())
    }
}
