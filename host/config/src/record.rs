//! What the store knows of a link beside its configuration: the versions that were uploaded, which one is active, what each was granted.
//!
//! Guarantee: pure data and the rules of its change. A version that is held is never active; grants belong to one digest; the version
//! before the active one is known, so that a rollback is one step.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use vconduit_base::names::Digest;
use vconduit_policy::signature::KeyId;

/// Versions kept of one link. More are refused: the record is read with every change of the configuration.
pub const MAX_VERSIONS: usize = 100;

/// Earlier versions that a rollback can reach, one after the other.
const MAX_PAST: usize = 20;

/// The record of a link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkRecord {
    /// The version in force; absent: the configuration's own component.
    pub active: Option<Digest>,
    /// What was in force before, the latest last; null stands for the configuration's own component.
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
    pub versions: Vec<Version>,
}

/// An uploaded version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Version {
    /// The component.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// When it was uploaded, Unix milliseconds.
    pub at_ms: i64,
    /// Who uploaded it.
    pub by: String,
    /// What the uploader wrote about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The length of the component.
    pub size_bytes: u64,
    /// What it may reach, in the shape of the configuration's `grants`; absent while nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub grants: Option<Map<String, Value>>,
    /// Why it can't be activated yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The id of the key that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub signed_by: Option<KeyId>,
}

/// Why a record can't be changed like this.
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
        /// Which.
        digest: Digest,
        /// Why.
        why: String,
    },
    /// Nothing to go back to.
    #[error("the link has no earlier version to go back to")]
    NothingBefore,
    /// It is in force.
    #[error("version {0} is active")]
    Active(Digest),
    /// No room.
    #[error("the link has {MAX_VERSIONS} versions, the most that are kept; delete some that are not needed any more")]
    Full,
}

impl LinkRecord {
    /// Whether there is nothing in it that the configuration does not say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A version by its digest or a beginning of it of six digits or more, with or without `sha256:`.
    ///
    /// # Errors
    /// None, or several.
    pub fn find(&self, wanted: &str) -> Result<&Version, RecordError> {
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
    pub fn allowed(&self, wanted: &str) -> Result<&Version, RecordError> {
        let version = self.find(wanted)?;
        match &version.held {
            None => Ok(version),
            Some(why) => Err(RecordError::Held {
                digest: version.digest.clone(),
                why: why.clone(),
            }),
        }
    }

    /// The version in force, if it is an uploaded one.
    #[must_use]
    pub fn active_version(&self) -> Option<&Version> {
        let active = self.active.as_ref()?;
        self.versions.iter().find(|version| version.digest == *active)
    }

    /// Adds a version. The same bytes again change nothing: false.
    ///
    /// # Errors
    /// [`RecordError::Full`].
    pub fn add(&mut self, version: Version) -> Result<bool, RecordError> {
        if self.versions.iter().any(|known| known.digest == version.digest) {
            return Ok(false);
        }
        if self.versions.len() >= MAX_VERSIONS {
            return Err(RecordError::Full);
        }
        self.versions.push(version);
        Ok(true)
    }

    /// Puts a version in force. False if it is already.
    ///
    /// # Errors
    /// It is held, or not there.
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

    /// Goes back to what was in force before. `configured`: whether the configuration has a component of its own to go back to.
    ///
    /// # Errors
    /// Nothing was.
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

    /// The link's entry in the configuration with this record laid over it; nothing when neither has a component.
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
mod tests {
    use serde_json::json;

    use super::*;

    fn version(text: &str) -> Version {
        Version {
            digest: Digest::of(text.as_bytes()),
            at_ms: 1,
            by: "anna".to_owned(),
            note: String::new(),
            size_bytes: 1,
            grants: None,
            held: None,
            signed_by: None,
        }
    }

    fn with(texts: &[&str]) -> LinkRecord {
        let mut record = LinkRecord::default();
        for text in texts {
            assert_eq!(record.add(version(text)), Ok(true));
        }
        record
    }

    fn digest(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    #[test]
    fn the_same_bytes_again_change_nothing() {
        let mut record = with(&["a"]);
        assert_eq!(record.add(version("a")), Ok(false));
        assert_eq!(record.versions.len(), 1);
    }

    #[test]
    fn a_rollback_goes_back_step_by_step_and_no_further() {
        let mut record = with(&["a", "b", "c"]);
        for text in ["a", "b", "c"] {
            assert_eq!(record.activate(&digest(text)), Ok(true));
        }
        assert_eq!(record.activate(&digest("c")), Ok(false), "it is active already");
        record.roll_back(false).unwrap();
        assert_eq!(record.active, Some(digest("b")));
        record.remove(&digest("a")).unwrap();
        assert_eq!(
            record.roll_back(false),
            Err(RecordError::NothingBefore),
            "a deleted version was brought back"
        );
        assert_eq!(
            record.active,
            Some(digest("b")),
            "a rollback that failed changed something"
        );
    }

    #[test]
    fn a_rollback_leads_to_the_configured_component_if_there_is_one() {
        let mut record = with(&["a"]);
        record.activate(&digest("a")).unwrap();
        let mut other = record.clone();
        record.roll_back(true).unwrap();
        assert_eq!(record.active, None);
        assert_eq!(other.roll_back(false), Err(RecordError::NothingBefore));
    }

    #[test]
    fn what_is_held_is_not_activated_until_somebody_decides() {
        let mut record = LinkRecord::default();
        let held = Version {
            held: Some("it wants http".to_owned()),
            ..version("a")
        };
        record.add(held).unwrap();
        assert!(matches!(record.activate(&digest("a")), Err(RecordError::Held { .. })));
        record.grant(&digest("a"), Map::new()).unwrap();
        assert_eq!(record.activate(&digest("a")), Ok(true));
    }

    #[test]
    fn the_active_version_stays_and_the_others_can_go() {
        let mut record = with(&["a", "b"]);
        record.activate(&digest("a")).unwrap();
        assert_eq!(record.remove(&digest("a")), Err(RecordError::Active(digest("a"))));
        record.remove(&digest("b")).unwrap();
        assert!(matches!(record.remove(&digest("b")), Err(RecordError::NoVersion(_))));
    }

    #[test]
    fn a_version_is_found_by_the_beginning_of_its_digest() {
        let record = with(&["a", "b"]);
        let whole = digest("a").to_string();
        assert_eq!(record.find(&whole).unwrap().digest, digest("a"));
        assert_eq!(
            record.find(&format!("sha256:{}", &whole[..6])).unwrap().digest,
            digest("a")
        );
        assert!(record.find(&whole[..5]).is_err(), "five digits are too few");
        assert!(matches!(record.find("ffffff00"), Err(RecordError::NoVersion(_))));
    }

    #[test]
    fn the_record_is_laid_over_the_configuration() {
        let mut record = with(&["a"]);
        let entry = json!({"module": "links.tag", "options": {"tags": ["x"]}, "grants": {"http": ["a.com"]}});
        assert_eq!(
            record.over(Some(&entry)),
            Some(entry.clone()),
            "nothing is active, nothing changes"
        );
        assert_eq!(record.over(None), None);
        record.activate(&digest("a")).unwrap();
        record.limits = serde_json::from_value(json!({"cpu_ms": 5})).unwrap();
        let component = format!("sha256:{}", digest("a"));
        assert_eq!(
            record.over(Some(&entry)),
            Some(json!({
                "module": "links.tag", "options": {"tags": ["x"]}, "grants": {}, "component": component,
                "limits": {"cpu_ms": 5}
            })),
            "grants are those of the version, not of what was there before"
        );
    }
}
