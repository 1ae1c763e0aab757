//! The store's record of a link, besides its configuration: uploaded versions, the active one, and
//! the grants of each.
//!
//! Guarantee: the record is data and the rules of its change. A held version is never active.
//! Grants belong to one digest. The versions before the active one are known, so a rollback is one
//! step.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use vconduit_base::names::Digest;
use vconduit_policy::signature::KeyId;

/// Maximum number of versions of one link. Further ones are refused: the record is read at every
/// change of the configuration.
pub const MAX_VERSIONS: usize = 100;

/// Earlier versions that a rollback can reach, one after the other.
const MAX_PAST: usize = 20;

/// The record of a link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkRecord {
    /// The active version. Absent: the configuration's own component.
    pub active: Option<Digest>,
    /// Versions that were active before, the latest last. Null stands for the configuration's own
    /// component.
    #[serde(default)]
    pub past: Vec<Option<Digest>>,
    /// Options in place of the configuration's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Map<String, Value>>,
    /// Limits in place of the configuration's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Map<String, Value>>,
    /// The versions, the latest upload last.
    #[serde(default)]
    pub versions: Vec<VersionRecord>,
}

/// An uploaded version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// The component.
    pub digest: Digest,
    /// Time of the upload, in Unix milliseconds.
    pub at_ms: i64,
    /// Name of the operator who uploaded it.
    pub by: String,
    /// Note of that operator.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The length of the component.
    pub size_bytes: u64,
    /// Its grants, in the shape of the configuration's `grants`. Absent while nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Map<String, Value>>,
    /// Reason why it can't be activated yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The id of the key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<KeyId>,
}

/// Reason why a record can't be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// There is no such version.
    #[error("the link has no version {0}")]
    NoVersion(String),
    /// A prefix of several digests.
    #[error("{0} is the beginning of several versions; give more digits")]
    Ambiguous(String),
    /// It waits for a decision.
    #[error("version {digest} is held: {why}")]
    Held {
        /// The version.
        digest: Digest,
        /// Reason why it is held.
        why: String,
    },
    /// Nothing to go back to.
    #[error("the link has no earlier version to go back to")]
    NothingBefore,
    /// The version is active.
    #[error("version {0} is active")]
    Active(Digest),
    /// No room.
    #[error("the link has {MAX_VERSIONS} versions, the most that are kept; delete some that are not needed any more")]
    Full,
}

impl LinkRecord {
    /// True if the record adds nothing to the configuration.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Finds a version by its digest, or by its first six digits or more, with or without
    /// `sha256:`.
    ///
    /// # Errors
    /// No version matches, or several.
    pub fn find(&self, wanted: &str) -> Result<&VersionRecord, RecordError> {
        /// Shorter ones are mistyped more often than meant.
        const SHORTEST: usize = 6;
        let digits = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        let none = || RecordError::NoVersion(wanted.chars().take(80).collect());
        if digits.len() < SHORTEST {
            return Err(none());
        }
        let mut found = self
            .versions
            .iter()
            .filter(|version| version.digest.as_str().starts_with(digits));
        match (found.next(), found.next()) {
            (Some(version), None) => Ok(version),
            (None, _) => Err(none()),
            (Some(_), Some(_)) => Err(RecordError::Ambiguous(digits.to_owned())),
        }
    }

    /// A version that may run, by its digest or the beginning of it.
    ///
    /// # Errors
    /// It is held, or not there.
    pub fn allowed(&self, wanted: &str) -> Result<&VersionRecord, RecordError> {
        let version = self.find(wanted)?;
        match &version.held {
            None => Ok(version),
            Some(why) => Err(RecordError::Held {
                digest: version.digest.clone(),
                why: why.clone(),
            }),
        }
    }

    /// The active version, if it is an uploaded one.
    #[must_use]
    pub fn active_version(&self) -> Option<&VersionRecord> {
        let active = self.active.as_ref()?;
        self.versions.iter().find(|version| version.digest == *active)
    }

    /// Adds a version. The same bytes again change nothing: false.
    ///
    /// # Errors
    /// [`RecordError::Full`].
    pub fn add(&mut self, version: VersionRecord) -> Result<bool, RecordError> {
        if self.versions.iter().any(|known| known.digest == version.digest) {
            return Ok(false);
        }
        if self.versions.len() >= MAX_VERSIONS {
            return Err(RecordError::Full);
        }
        self.versions.push(version);
        Ok(true)
    }

    /// Activates a version. Returns false if it is active already.
    ///
    /// # Errors
    /// The version is held or not found.
    pub fn activate(&mut self, digest: &Digest) -> Result<bool, RecordError> {
        self.allowed(digest.as_str())?;
        if self.active.as_ref() == Some(digest) {
            return Ok(false);
        }
        let before = self.active.replace(digest.clone());
        self.past.push(before);
        if self.past.len() > MAX_PAST {
            self.past.remove(0);
        }
        Ok(true)
    }

    /// Activates the version that was active before. `configured` is true if the configuration has
    /// a component of its own to return to.
    ///
    /// # Errors
    /// There was no version before.
    pub fn roll_back(&mut self, configured: bool) -> Result<(), RecordError> {
        while let Some(before) = self.past.pop() {
            let there = match &before {
                None => configured,
                Some(digest) => self.versions.iter().any(|version| version.digest == *digest),
            };
            if there {
                self.active = before;
                return Ok(());
            }
        }
        Err(RecordError::NothingBefore)
    }

    /// Decides what a version may reach; from then on it is not held.
    ///
    /// # Errors
    /// It is not there.
    pub fn grant(&mut self, digest: &Digest, grants: Map<String, Value>) -> Result<(), RecordError> {
        let version = self.versions.iter_mut().find(|version| version.digest == *digest);
        let version = version.ok_or_else(|| RecordError::NoVersion(digest.to_string()))?;
        version.grants = Some(grants);
        version.held = None;
        Ok(())
    }

    /// Forgets a version.
    ///
    /// # Errors
    /// It is active, or not there.
    pub fn remove(&mut self, digest: &Digest) -> Result<(), RecordError> {
        if self.active.as_ref() == Some(digest) {
            return Err(RecordError::Active(digest.clone()));
        }
        let before = self.versions.len();
        self.versions.retain(|version| version.digest != *digest);
        if self.versions.len() == before {
            return Err(RecordError::NoVersion(digest.to_string()));
        }
        self.past.retain(|past| past.as_ref() != Some(digest));
        Ok(())
    }

    /// The link's entry in the configuration, overlaid with this record. `None` when neither has a
    /// component.
    #[must_use]
    pub fn over(&self, entry: Option<&Value>) -> Option<Value> {
        let mut entry = entry.and_then(Value::as_object).cloned();
        if let Some(active) = &self.active {
            let entry = entry.get_or_insert_default();
            entry.insert("component".to_owned(), format!("sha256:{active}").into());
            let grants = self.active_version().and_then(|version| version.grants.clone());
            entry.insert("grants".to_owned(), grants.unwrap_or_default().into());
        }
        let mut entry = entry?;
        if let Some(options) = &self.options {
            entry.insert("options".to_owned(), options.clone().into());
        }
        if let Some(limits) = &self.limits {
            entry.insert("limits".to_owned(), limits.clone().into());
        }
        Some(entry.into())
    }
}

#[cfg(test)]
mod tests;
