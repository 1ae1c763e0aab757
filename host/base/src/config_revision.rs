//! The revision of a configuration.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one state of the store's copy of the configuration.
///
/// Revisions are random, so they have no order. A counter would start again in a store that lost
/// its data, and a new configuration could get the number of the one that hosts run. Stores of
/// older versions have counted revisions, which stay valid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfigRevision(u64);

impl ConfigRevision {
    /// There is no configuration yet.
    pub const NONE: Self = Self(0);

    /// Bits of a random revision. JSON numbers and Lua numbers are exact up to 2^53.
    const BITS: u32 = 53;

    /// Makes a new revision, from 1 to 2^53 - 1.
    #[must_use]
    pub fn random() -> Self {
        // The low 62 bits of a UUID of version 4 are random.
        let (_, low) = uuid::Uuid::new_v4().as_u64_pair();
        Self((low & ((1 << Self::BITS) - 1)).max(1))
    }

    /// True if there is no configuration yet.
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// The revision as a number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl From<u64> for ConfigRevision {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for ConfigRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn random_revisions_are_exact_json_numbers_and_never_none() {
        let made: HashSet<_> = (0..1000).map(|_| ConfigRevision::random()).collect();
        assert_eq!(made.len(), 1000, "a revision came twice");
        for revision in made {
            assert!(!revision.is_none() && revision.number() < 1 << 53, "{revision}");
        }
    }
}
