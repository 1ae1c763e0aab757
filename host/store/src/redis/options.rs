//! Options of a store in Redis.

use vconduit_base::Lifetimes;
use vconduit_base::redis::{RedisJson, ReplicaWait};

/// Options of a store in Redis.
#[derive(Debug, Clone)]
pub struct RedisStoreOptions {
    /// Lifetimes of entries.
    pub lifetimes: Lifetimes,
    /// Key of the sorted set of the listing: `VCON_SORTED_SET_NAME`.
    pub listing: String,
    /// Form of documents.
    pub json: RedisJson,
    /// Replicas that have to confirm what is acknowledged.
    pub wait: Option<ReplicaWait>,
}

impl RedisStoreOptions {
    /// Options with these lifetimes and the defaults for all else.
    #[must_use]
    pub fn new(lifetimes: Lifetimes) -> Self {
        Self {
            lifetimes,
            listing: "vcons".to_owned(),
            json: RedisJson::default(),
            wait: None,
        }
    }
}
