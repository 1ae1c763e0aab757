//! The listing by `created_at`, the party indexes, and the ids of all documents.
//!
//! Guarantee: members of the listing are written as `vcon:<id>`, and read with and without that
//! prefix.

use async_trait::async_trait;
use redis::Value;

use super::errors::{damaged, refused};
use super::{RedisStore, keys};
use crate::{IndexStore, StoreError};
use vcon_document::VconId;
use vcon_document::index::IndexKind;

/// Keys that Redis examines for one page of a scan: some 100 µs of its time.
const KEYS_PER_PAGE: usize = 1000;

#[async_trait]
impl IndexStore for RedisStore {
    async fn list(
        &self,
        since_s: Option<i64>,
        until_s: Option<i64>,
        offset: u64,
        count: i64,
    ) -> Result<Vec<String>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let bound = |at: Option<i64>, open: &str| at.map_or_else(|| open.to_owned(), |at| at.to_string());
        let mut command = redis::cmd("ZREVRANGEBYSCORE");
        command
            .arg(&self.listing)
            .arg(bound(until_s, "+inf"))
            .arg(bound(since_s, "-inf"));
        command
            .arg("LIMIT")
            .arg(i64::try_from(offset).unwrap_or(i64::MAX))
            .arg(count.max(-1));
        let members: Vec<Vec<u8>> = self.connection.run("list", &command).await?;
        let id = |member: Vec<u8>| {
            let member = String::from_utf8_lossy(&member);
            member.strip_prefix(keys::DOCUMENT_PREFIX).unwrap_or(&member).to_owned()
        };
        Ok(members.into_iter().map(id).collect())
    }

    async fn search(&self, terms: &[(IndexKind, String)]) -> Result<Vec<Vec<String>>, StoreError> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let mut commands = redis::Pipeline::new();
        for (kind, value) in terms {
            commands.cmd("SMEMBERS").arg(keys::index(*kind, value));
        }
        let replies = self.connection.run_all("search", &commands).await?;
        replies.into_iter().map(members).collect()
    }

    async fn scan(&self, cursor: Option<String>) -> Result<(Vec<VconId>, Option<String>), StoreError> {
        let mut command = redis::cmd("SCAN");
        command
            .arg(cursor.as_deref().unwrap_or("0"))
            .arg("MATCH")
            .arg("vcon:*")
            .arg("COUNT")
            .arg(KEYS_PER_PAGE);
        let (next, found): (String, Vec<Vec<u8>>) = self.connection.run("scan", &command).await?;
        let id = |key: &Vec<u8>| {
            std::str::from_utf8(key)
                .ok()?
                .strip_prefix(keys::DOCUMENT_PREFIX)
                .and_then(|id| VconId::new(id).ok())
        };
        Ok((
            found.iter().filter_map(id).collect(),
            Some(next).filter(|next| next != "0"),
        ))
    }

    async fn index(
        &self,
        id: &VconId,
        created_at_s: Option<i64>,
        index: &[(IndexKind, String)],
    ) -> Result<(), StoreError> {
        let mut call = self.scripts.index.call(&[&self.listing]);
        self.append_index(&mut call, id, created_at_s, index);
        self.connection.script("index", &self.scripts.index, &call).await
    }
}

fn members(reply: Value) -> Result<Vec<String>, StoreError> {
    if let Value::ServerError(error) = reply {
        return Err(refused("search", &error.into()));
    }
    redis::from_redis_value(reply).map_err(|_| damaged("search", "an index that holds no ids"))
}
