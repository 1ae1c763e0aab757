//! Lifetimes of entries in the store.

/// The longest lifetime in seconds: a hundred years. It is far enough for every purpose, and no sum
/// of it with a time of today overflows in Redis, SQLite or a script.
pub const MAX_LIFETIME_S: i64 = 3_155_760_000;

/// Lifetimes of entries in the store, in seconds. With 0 or less an entry does not expire, unless a
/// field says otherwise. Defaults and variables are those of the vCon Conserver, except for
/// `trail_s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A vCon that is new, or was read back from a storage: `VCON_REDIS_EXPIRY`, default 3600.
    pub document_s: i64,
    /// The party indexes: `VCON_INDEX_EXPIRY`, default 86400.
    pub index_s: i64,
    /// The trace context of a list entry: `VCON_CONTEXT_EXPIRY`, default 86400.
    pub context_s: i64,
    /// A vCon in a dead-letter list: `VCON_DLQ_EXPIRY`, default 604800. 0 leaves its lifetime
    /// unchanged.
    pub dead_letter_s: i64,
    /// The trail of a vCon, counted from its last run: `VCONDUIT_TRAIL_EXPIRY`, default 3600. With
    /// 0 or less, no trails are kept.
    pub trail_s: i64,
}
