//! Documents: put, get, conditional write, delete, lifetime.
//!
//! Guarantee: `put` and `write` are one script each. A revision belongs to the text that was read
//! with it.

use async_trait::async_trait;
use redis::{Cmd, Value};

use super::arguments::{PlannedWrite, stage};
use super::errors::{damaged, refused};
use super::{RedisStore, keys, revision};
use crate::{DocumentStore, Guarded, NewDocument, StoreError, Stored, Write};
use vcon_document::{Text, VconId};
use vconduit_base::lifetimes::MAX_LIFETIME_S;

/// Name of the type of RedisJSON values.
const JSON_TYPE: &str = "ReJSON-RL";

#[async_trait]
impl DocumentStore for RedisStore {
    async fn put(&self, document: NewDocument) -> Result<(), StoreError> {
        let mut call = self.scripts.put.call(&[&self.listing]);
        let stage = self.append_new_text(&mut call, &document.text);
        call.arg(keys::new_step());
        self.append_index(&mut call, &document.id, document.created_at_s, &document.index);
        self.append_targets(&mut call, document.context.as_deref(), &document.push_to);
        self.connection.confirmed("put", &self.scripts.put, stage, call).await
    }

    async fn restore(&self, id: &VconId, text: &Text, created_at_s: Option<i64>) -> Result<bool, StoreError> {
        let mut call = self.scripts.restore.call(&[&self.listing]);
        let stage = self.append_new_text(&mut call, text);
        self.append_index(&mut call, id, created_at_s, &[]);
        let restored: i64 = self
            .connection
            .staged_script("restore", &self.scripts.restore, stage, call)
            .await?;
        Ok(restored == 1)
    }

    async fn get(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        if self.json {
            self.get_json(ids).await
        } else {
            self.get_strings(ids).await
        }
    }

    async fn exist(&self, ids: &[VconId]) -> Result<Vec<bool>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut commands = redis::Pipeline::new();
        for id in ids {
            commands.cmd("EXISTS").arg(keys::document(id));
        }
        let found = self.connection.run_all("exist", &commands).await?;
        Ok(found.iter().map(|found| *found == Value::Int(1)).collect())
    }

    async fn write(&self, write: Write) -> Result<Guarded, StoreError> {
        let planned = PlannedWrite::new(Some(&write), self.json);
        let mut call = self.scripts.write.call(&[]);
        planned.append(&mut call);
        let reply: Vec<String> = self
            .connection
            .staged_script("write", &self.scripts.write, planned.stage(), call)
            .await?;
        planned.guarded("write", &reply)
    }

    async fn delete(&self, id: &VconId) -> Result<bool, StoreError> {
        let mut call = self.scripts.delete.call(&[&self.listing]);
        call.arg(id.as_str());
        self.connection.script("delete", &self.scripts.delete, &call).await
    }

    async fn was_deleted(&self, id: &VconId) -> Result<bool, StoreError> {
        let mut command = redis::cmd("HEXISTS");
        command.arg(keys::holds(id)).arg("deleted");
        self.connection.run("was deleted", &command).await
    }

    async fn lifetime(&self, id: &VconId) -> Result<Option<i64>, StoreError> {
        let left: i64 = self
            .connection
            .run("lifetime", redis::cmd("TTL").arg(keys::document(id)))
            .await?;
        Ok(Some(left).filter(|left| *left != -2))
    }

    async fn expire(&self, id: &VconId, seconds: i64) -> Result<bool, StoreError> {
        let mut call = self.scripts.expire.call(&[]);
        call.arg(id.as_str()).arg(seconds.min(MAX_LIFETIME_S));
        self.connection.script("expire", &self.scripts.expire, &call).await
    }
}

impl RedisStore {
    /// Appends a text and its token. Returns the command that must come before the
    /// script when the text is staged.
    fn append_new_text(&self, call: &mut Cmd, text: &Text) -> Option<Cmd> {
        let token = revision::new_token(text, false);
        let stage = stage(text, &token, self.json);
        call.arg(if stage.is_some() { "" } else { &**text }).arg(token);
        stage
    }

    /// Reads documents that are strings. One MGET, so that token and text are of one moment.
    async fn get_strings(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        let mut command = redis::cmd("MGET");
        for id in ids {
            command.arg(keys::document(id)).arg(keys::token(id));
        }
        let values: Vec<Value> = self.connection.run("get", &command).await?;
        let mut values = values.into_iter();
        let mut found = Vec::with_capacity(ids.len());
        while let (Some(text), Some(token)) = (values.next(), values.next()) {
            found.push(stored(text, token)?);
        }
        if found.iter().any(Option::is_none) {
            self.read_other_types(ids, &mut found).await?;
        }
        Ok(found)
    }

    /// Looks at the keys for which MGET returned nil. Reads RedisJSON values of older programs, and
    /// refuses other types: the document is not missing, but another program uses the key.
    async fn read_other_types(&self, ids: &[VconId], found: &mut [Option<Stored>]) -> Result<(), StoreError> {
        let mut types = redis::Pipeline::new();
        let missing: Vec<_> = ids.iter().zip(found).filter(|(_, found)| found.is_none()).collect();
        for (id, _) in &missing {
            types.cmd("TYPE").arg(keys::document(id));
        }
        let types = self.connection.run_all("get", &types).await?;
        for ((id, found), kind) in missing.into_iter().zip(types) {
            let Value::SimpleString(kind) = kind else { continue };
            match kind.as_str() {
                "none" | "string" => {}
                JSON_TYPE if self.has_json => *found = self.get_json(std::slice::from_ref(id)).await?.pop().flatten(),
                _ => {
                    return Err(StoreError::Refused {
                        operation: "get",
                        reason: format!("the key {:?} holds a {kind}, not a document", keys::document(id)),
                    });
                }
            }
        }
        Ok(())
    }

    /// Reads documents that are RedisJSON values. The token comes first: a write that comes between
    /// the two leads to a conflict too many, not to a conflict that is missed.
    async fn get_json(&self, ids: &[VconId]) -> Result<Vec<Option<Stored>>, StoreError> {
        let mut commands = redis::Pipeline::new();
        for id in ids {
            commands.cmd("GET").arg(keys::token(id));
            commands.cmd("JSON.GET").arg(keys::document(id));
        }
        let mut values = self.connection.run_all("get", &commands).await?.into_iter();
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let (Some(token), Some(text)) = (values.next(), values.next()) else {
                return Err(damaged("get", "too few replies"));
            };
            // A plain string, written by a host without RedisJSON.
            let text = match text {
                Value::ServerError(_) => {
                    self.connection
                        .run("get", redis::cmd("GET").arg(keys::document(id)))
                        .await?
                }
                text => text,
            };
            found.push(stored(text, token)?);
        }
        Ok(found)
    }
}

fn stored(text: Value, token: Value) -> Result<Option<Stored>, StoreError> {
    let bytes = match text {
        Value::Nil => return Ok(None),
        Value::BulkString(bytes) => bytes,
        Value::ServerError(error) => return Err(refused("get", &error.into())),
        _ => return Err(damaged("get", "a document that is not text")),
    };
    let token = match &token {
        Value::BulkString(token) => std::str::from_utf8(token).ok(),
        _ => None,
    };
    let text = String::from_utf8(bytes).map_err(|_| damaged("get", "a document that is not UTF-8"))?;
    let revision = revision::of(&text, token);
    Ok(Some(Stored {
        text: Text::from(text),
        revision,
    }))
}
