//! Lifetimes of what the store keeps.

/// How long things are kept, in seconds (`spec/conserver.md` §4.2). 0 or less means for ever, where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A new or re-cached vCon: `VCON_REDIS_EXPIRY`, 3600.
    pub document_s: i64,
    /// The party indexes: `VCON_INDEX_EXPIRY`, 86400.
    pub index_s: i64,
    /// A trace context: `VCON_CONTEXT_EXPIRY`, 86400.
    pub context_s: i64,
    /// A vCon in a dead-letter list: `VCON_DLQ_EXPIRY`, 604800; 0 leaves it as it is.
    pub dead_letter_s: i64,
    /// What runs did with a vCon, from the last of them: `VCONDUIT_TRAIL_EXPIRY`, 3600; 0 or less: no trails are kept.
    pub trail_s: i64,
}
