//! Tests of a change of the configuration: all problems at once, and nothing half done.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::*;
use crate::control::audit::Actor;

#[derive(Default)]
struct State {
    revision: u64,
    entries: ConfigEntries,
    /// Saves that come just after the saves of other writers.
    rivals: usize,
    audit: Vec<String>,
}

/// A configuration that other writers change too.
#[derive(Default)]
struct Contested(Mutex<State>);

impl Contested {
    fn with_rivals(rivals: usize) -> Self {
        let state = State {
            rivals,
            ..State::default()
        };
        Self(Mutex::new(state))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Copies for Contested {
    async fn load(&self) -> Result<(ConfigRevision, ConfigEntries), StoreError> {
        let state = self.state();
        Ok((state.revision.into(), state.entries.clone()))
    }

    async fn save(
        &self,
        entries: &ConfigEntries,
        expected: ConfigRevision,
        audit: Option<&str>,
    ) -> Result<Result<ConfigRevision, ConfigRevision>, StoreError> {
        let mut state = self.state();
        if state.rivals > 0 {
            state.rivals -= 1;
            state.revision += 1;
            let entry = (format!("rival {}", state.revision), "{}".to_owned());
            state.entries.push(entry);
        }
        if expected != state.revision.into() {
            return Ok(Err(state.revision.into()));
        }
        state.revision += 1;
        state.entries.clone_from(entries);
        state.audit.extend(audit.map(ToOwned::to_owned));
        Ok(Ok(state.revision.into()))
    }
}

fn actor() -> Actor {
    Actor {
        name: "ann".to_owned(),
        request_id: "r".to_owned(),
    }
}

/// Adds an entry; the outcome is the number of entries before.
fn add(present: &ConfigEntries) -> Result<Decision<usize>, ChangeError> {
    let mut entries = present.clone();
    entries.push(("mine".to_owned(), "{}".to_owned()));
    Ok(Decision::Save(ConfigEdit {
        entries,
        audit: Some(AuditEntry::new(&actor(), "test.add", "mine", Value::Null, Value::Null)),
        outcome: present.len(),
    }))
}

#[tokio::test]
async fn a_change_is_decided_again_on_what_other_writers_saved() {
    let copies = Contested::with_rivals(2);
    let changed = change(&copies, None, add).await.unwrap();
    assert_eq!((changed.outcome, changed.revision), (2, 3.into()));
    let state = copies.state();
    let keys: Vec<&str> = state.entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["rival 1", "rival 2", "mine"], "a rival's change was lost");
    assert_eq!(state.audit.len(), 1, "one change, one entry");
}

#[tokio::test]
async fn a_change_that_always_loses_is_given_up() {
    let copies = Contested::with_rivals(usize::MAX);
    let error = change(&copies, None, add).await.unwrap_err();
    assert!(matches!(error, ChangeError::Busy), "{error}");
    assert_eq!(copies.state().revision, MAX_TRIES as u64);
    assert!(copies.state().audit.is_empty());
}

#[tokio::test]
async fn nothing_is_saved_when_nothing_has_to_change() {
    let copies = Contested::with_rivals(1);
    let keep = |_: &ConfigEntries| Ok::<_, ChangeError>(Decision::Keep("as it is"));
    let changed = change(&copies, None, keep).await.unwrap();
    assert_eq!((changed.outcome, changed.revision), ("as it is", ConfigRevision::NONE));
    assert_eq!(copies.state().revision, 0);
}
