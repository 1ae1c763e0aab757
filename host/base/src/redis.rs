//! Settings of Redis that operators choose.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The form in which documents are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RedisJson {
    /// Plain strings, as the newest Conserver and all its tools read and write them.
    #[default]
    Never,
    /// RedisJSON values when the server has the module, else plain strings: for a server that is
    /// shared with programs of the older Conserver.
    Auto,
    /// RedisJSON values. A server without the module is refused.
    Always,
}

impl FromStr for RedisJson {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self::Never),
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            _ => Err("never, auto and always work"),
        }
    }
}

/// Replicas that have to confirm a step before it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaWait {
    /// Number of replicas.
    pub replicas: u32,
    /// Longest wait for them.
    pub at_most: Duration,
}

/// Longest wait for replicas in milliseconds: shorter than the time after which a silent server
/// counts as hung.
const MAX_WAIT_MS: u64 = 4_000;

impl FromStr for ReplicaWait {
    type Err = &'static str;

    /// Reads `replicas:milliseconds`, for example `1:500`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "replicas:milliseconds is wanted, for example 1:500, with at most 4000 milliseconds";
        let (replicas, ms) = text.split_once(':').ok_or(wrong)?;
        let replicas = replicas.parse().ok().filter(|replicas| (1..=100).contains(replicas));
        let ms = ms.parse().ok().filter(|ms| (1..=MAX_WAIT_MS).contains(ms));
        match (replicas, ms) {
            (Some(replicas), Some(ms)) => Ok(Self {
                replicas,
                at_most: Duration::from_millis(ms),
            }),
            _ => Err(wrong),
        }
    }
}

impl fmt::Display for ReplicaWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.replicas, self.at_most.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_for_replicas_is_read_within_its_bounds() {
        assert_eq!(
            "1:500".parse::<ReplicaWait>().map(|wait| wait.to_string()),
            Ok("1:500".to_owned())
        );
        for wrong in ["", "1", "0:500", "1:0", "1:4001", "x:1", "1:500:1", "-1:5"] {
            assert!(wrong.parse::<ReplicaWait>().is_err(), "{wrong:?}");
        }
    }
}
