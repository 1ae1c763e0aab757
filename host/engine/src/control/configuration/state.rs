//! States of one member: its tag, and the state in which it has to be for a change.

use std::fmt;

use serde_json::Value;

use super::ConfigError;
use vconduit_base::names::Digest;

/// Digits of a tag: enough that two states of one member never share it.
const TAG_DIGITS: usize = 32;

/// Tag of a member's state. It changes with every change of the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    pub(super) fn of(value: &Value) -> Self {
        let digest = Digest::of(value.to_string().as_bytes());
        Self(digest.as_str().chars().take(TAG_DIGITS).collect())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A member as it is shown.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its value, with masked secrets.
    pub value: Value,
    /// Tag of its state.
    pub tag: Tag,
}

/// State in which a member has to be for a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    /// The member has to exist with one of these tags. An empty list stands for any tag.
    pub one_of: Option<Vec<String>>,
    /// There must be none yet.
    pub absent: bool,
}

impl Precondition {
    pub(super) fn check(&self, present: Option<&Value>) -> Result<(), ConfigError> {
        if let Some(tags) = &self.one_of {
            let tag = present.map(Tag::of).ok_or(ConfigError::Changed)?;
            if !tags.is_empty() && !tags.contains(&tag.0) {
                return Err(ConfigError::Changed);
            }
        }
        if self.absent && present.is_some() {
            return Err(ConfigError::Exists);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn needs(one_of: Option<&[&str]>, absent: bool) -> Precondition {
        Precondition {
            one_of: one_of.map(|tags| tags.iter().map(|tag| (*tag).to_owned()).collect()),
            absent,
        }
    }

    #[test]
    fn a_change_is_made_only_in_the_state_that_it_is_for() {
        let value = json!({"links": []});
        let tag = Tag::of(&value).to_string();
        assert_eq!(tag.len(), TAG_DIGITS);
        for (precondition, there, absent) in [
            (needs(None, false), true, true),
            (needs(Some(&[]), false), true, false),
            (needs(Some(&["other", &tag]), false), true, false),
            (needs(Some(&["other"]), false), false, false),
            (needs(None, true), false, true),
        ] {
            assert_eq!(
                precondition.check(Some(&value)).is_ok(),
                there,
                "{precondition:?}, it is there"
            );
            assert_eq!(
                precondition.check(None).is_ok(),
                absent,
                "{precondition:?}, there is none"
            );
        }
    }
}
