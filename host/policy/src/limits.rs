//! The limits of a call: one table of their names in the configuration, defaults and ceilings.
//!
//! Guarantee: [`Limits::set`] refuses a value above the ceiling, so a configuration that asks for
//! more is refused when it is read.

use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// The limits of one call of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory in bytes, all memories of the component together.
    pub memory_bytes: u64,
    /// CPU time of the thread.
    pub cpu: Duration,
    /// Wall-clock time, including waiting.
    pub wall: Duration,
    /// The JSON text of the document in bytes, before and after the call.
    pub document_bytes: u64,
    /// One log line in bytes.
    pub log_line_bytes: u64,
    /// All log lines of a call in bytes.
    pub log_bytes: u64,
    /// Number of outbound requests of a call.
    pub requests: u32,
    /// Number of outbound requests at the same time.
    pub concurrent_requests: u32,
    /// One response body in bytes.
    pub response_bytes: u64,
    /// Number of attempts of a call that fails with a retryable error, the first included.
    pub attempts: u32,
}

/// A row of [`TABLE`].
#[derive(Debug, Clone, Copy)]
pub struct LimitRow {
    /// The key under `limits` of a link in the configuration. It ends with the unit, if there is
    /// one.
    pub key: &'static str,
    /// The value if the configuration has none.
    pub default: u64,
    /// The largest value that a configuration can have.
    pub ceiling: u64,
}

/// All limits. The default of `document_bytes` fits a vCon with an hour of inline audio, which has
/// about 30 MiB.
pub const TABLE: [LimitRow; 10] = [
    LimitRow {
        key: "memory_bytes",
        default: 128 * MIB,
        ceiling: 512 * MIB,
    },
    LimitRow {
        key: "cpu_ms",
        default: 2_000,
        ceiling: 60_000,
    },
    LimitRow {
        key: "wall_ms",
        default: 30_000,
        ceiling: 600_000,
    },
    LimitRow {
        key: "document_bytes",
        default: 32 * MIB,
        ceiling: 128 * MIB,
    },
    LimitRow {
        key: "log_line_bytes",
        default: KIB,
        ceiling: 64 * KIB,
    },
    LimitRow {
        key: "log_bytes",
        default: 64 * KIB,
        ceiling: MIB,
    },
    LimitRow {
        key: "requests",
        default: 32,
        ceiling: 1_000,
    },
    LimitRow {
        key: "concurrent_requests",
        default: 4,
        ceiling: 32,
    },
    LimitRow {
        key: "response_bytes",
        default: 16 * MIB,
        ceiling: 128 * MIB,
    },
    LimitRow {
        key: "attempts",
        default: 3,
        ceiling: 20,
    },
];

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 128 * MIB,
            cpu: Duration::from_secs(2),
            wall: Duration::from_secs(30),
            document_bytes: 32 * MIB,
            log_line_bytes: KIB,
            log_bytes: 64 * KIB,
            requests: 32,
            concurrent_requests: 4,
            response_bytes: 16 * MIB,
            attempts: 3,
        }
    }
}

impl Limits {
    /// Sets a limit by its key.
    ///
    /// # Errors
    /// `Some` with the ceiling if the value is above it, and `None` if there is no such key.
    pub fn set(&mut self, key: &str, value: u64) -> Result<(), Option<u64>> {
        let row = TABLE.iter().find(|row| row.key == key).ok_or(None)?;
        if value > row.ceiling {
            return Err(Some(row.ceiling));
        }
        let small = u32::try_from(value).unwrap_or(u32::MAX);
        match key {
            "memory_bytes" => self.memory_bytes = value,
            "cpu_ms" => self.cpu = Duration::from_millis(value),
            "wall_ms" => self.wall = Duration::from_millis(value),
            "document_bytes" => self.document_bytes = value,
            "log_line_bytes" => self.log_line_bytes = value,
            "log_bytes" => self.log_bytes = value,
            "requests" => self.requests = small,
            "concurrent_requests" => self.concurrent_requests = small,
            "response_bytes" => self.response_bytes = value,
            "attempts" => self.attempts = small,
            _ => return Err(None),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_limits_are_those_of_the_table() {
        let mut from_table = Limits {
            requests: 0,
            cpu: Duration::ZERO,
            ..Limits::default()
        };
        for row in TABLE {
            assert_eq!(
                from_table.set(row.key, row.default),
                Ok(()),
                "{} is in the table but can't be set",
                row.key
            );
            assert!(
                row.default <= row.ceiling,
                "{} has a default above its ceiling",
                row.key
            );
        }
        assert_eq!(from_table, Limits::default());
    }

    #[test]
    fn a_limit_above_its_ceiling_is_refused_with_the_ceiling() {
        let mut limits = Limits::default();
        assert_eq!(limits.set("cpu_ms", 60_001), Err(Some(60_000)));
        assert_eq!(limits.set("no_such", 1), Err(None));
        assert_eq!(limits, Limits::default(), "a refused value changed a limit");
    }
}
