//! Settings of the server that can lose what the store has acknowledged.
//!
//! Guarantee: asks, and changes nothing. A server that does not let its settings be read (managed
//! services do not) is a finding of its own.

use redis::{InfoDict, Pipeline, Value};

use super::connection::Connection;
use crate::StoreError;

/// A setting of the server that can lose acknowledged data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found}: {loss}; {advice}")]
pub struct DurabilityFault {
    /// The setting and its value.
    pub found: String,
    /// What can be lost.
    pub loss: &'static str,
    /// The next step, with the line for redis.conf.
    pub advice: String,
}

impl DurabilityFault {
    fn new(setting: &str, value: &str, loss: &'static str, line: &str) -> Self {
        Self {
            found: format!("Redis has `{setting} {value}`"),
            loss,
            advice: format!("put `{line}` into redis.conf"),
        }
    }
}

/// The settings that are looked at.
const SETTINGS: [&str; 5] = [
    "appendonly",
    "appendfsync",
    "maxmemory",
    "maxmemory-policy",
    "min-replicas-to-write",
];

/// Returns the settings of the server that can lose acknowledged data.
///
/// # Errors
/// When the server is unavailable.
pub async fn faults(connection: &Connection) -> Result<Vec<DurabilityFault>, StoreError> {
    let mut ask = Pipeline::new();
    for setting in SETTINGS {
        ask.cmd("CONFIG").arg("GET").arg(setting);
    }
    let replies = connection.run_all("read the settings of Redis", &ask).await?;
    let values: Option<Vec<String>> = replies.into_iter().map(value).collect();
    let Some(values) = values else {
        return Ok(vec![unreadable()]);
    };
    let [appendonly, appendfsync, maxmemory, policy, min_replicas] = values.as_slice() else {
        return Ok(vec![unreadable()]);
    };
    let info: InfoDict = connection
        .run("read the replicas of Redis", redis::cmd("INFO").arg("replication"))
        .await?;
    let replicas: u32 = info.get("connected_slaves").unwrap_or_default();
    Ok(judge(
        appendonly,
        appendfsync,
        maxmemory,
        policy,
        min_replicas,
        replicas,
    ))
}

fn value(reply: Value) -> Option<String> {
    let pair: Vec<String> = redis::from_redis_value(reply).ok()?;
    pair.into_iter().nth(1)
}

fn unreadable() -> DurabilityFault {
    DurabilityFault {
        found: "Redis does not let its settings be read".to_owned(),
        loss: "it is not known whether acknowledged vCons survive a crash or a full memory",
        advice: "allow `CONFIG GET`, or see to it that the append-only file is on and nothing is evicted".to_owned(),
    }
}

fn judge(
    appendonly: &str,
    appendfsync: &str,
    maxmemory: &str,
    policy: &str,
    min_replicas: &str,
    replicas: u32,
) -> Vec<DurabilityFault> {
    let mut faults = Vec::new();
    if appendonly != "yes" {
        let loss = "a crash of Redis loses what was acknowledged since its last snapshot";
        faults.push(DurabilityFault::new("appendonly", appendonly, loss, "appendonly yes"));
    } else if appendfsync != "always" {
        let loss = "a crash of its machine loses what was acknowledged in the last second or more";
        faults.push(DurabilityFault::new(
            "appendfsync",
            appendfsync,
            loss,
            "appendfsync always",
        ));
    }
    if maxmemory != "0" && policy != "noeviction" {
        let loss = "a full memory removes vCons and lists that are not done";
        let line = "maxmemory-policy noeviction";
        faults.push(DurabilityFault::new("maxmemory-policy", policy, loss, line));
    }
    if replicas > 0 && min_replicas == "0" {
        let loss = "a failover loses what was acknowledged and had not reached a replica";
        let line = "min-replicas-to-write 1";
        faults.push(DurabilityFault::new("min-replicas-to-write", min_replicas, loss, line));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settings: [&str; 5], replicas: u32) -> Vec<String> {
        let [appendonly, appendfsync, maxmemory, policy, min_replicas] = settings;
        let faults = judge(appendonly, appendfsync, maxmemory, policy, min_replicas, replicas);
        faults.into_iter().map(|fault| fault.found).collect()
    }

    #[test]
    fn only_what_can_lose_data_is_a_fault() {
        assert!(found(["yes", "always", "0", "allkeys-lru", "0"], 0).is_empty());
        assert!(found(["yes", "always", "100", "noeviction", "1"], 2).is_empty());
        assert_eq!(
            found(["no", "everysec", "0", "noeviction", "0"], 0),
            ["Redis has `appendonly no`"]
        );
        assert_eq!(
            found(["yes", "everysec", "100", "volatile-lru", "0"], 1),
            [
                "Redis has `appendfsync everysec`",
                "Redis has `maxmemory-policy volatile-lru`",
                "Redis has `min-replicas-to-write 0`",
            ]
        );
    }
}
