//! The one way in which the store's configuration is changed: load, decide, check, save.
//!
//! Guarantee: a change is saved only over the state that it was decided on; when another writer was faster, it is decided again. It is
//! saved in one step with its entry in the audit log. The log has a line about it only when it is saved.

use std::sync::Arc;

use async_trait::async_trait;

use super::audit::AuditEntry;
use super::check::{CheckError, Checker};
use vconduit_base::ConfigEntries;
use vconduit_config::Problem;
use vconduit_store::{Store, StoreError};

/// Tries before a change is given up. Operators and hosts do not race each other twenty times in a row.
pub const MAX_TRIES: usize = 20;

/// The part of a store that holds the configuration.
#[async_trait]
pub trait Copies: Send + Sync + 'static {
    /// [`vconduit_store::ConfigStore::load_config`].
    async fn load(&self) -> Result<(u64, ConfigEntries), StoreError>;
    /// [`vconduit_store::ConfigStore::save_config`], only over the expected revision.
    async fn save(
        &self,
        entries: &ConfigEntries,
        expected: u64,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError>;
    /// [`vconduit_store::ConfigStore::config_revision`].
    async fn revision(&self) -> Result<u64, StoreError>;
}

#[async_trait]
impl Copies for Arc<dyn Store> {
    async fn load(&self) -> Result<(u64, ConfigEntries), StoreError> {
        self.load_config().await
    }

    async fn save(
        &self,
        entries: &ConfigEntries,
        expected: u64,
        audit: Option<&str>,
    ) -> Result<Result<u64, u64>, StoreError> {
        self.save_config(entries, Some(expected), audit).await
    }

    async fn revision(&self) -> Result<u64, StoreError> {
        self.config_revision().await
    }
}

/// A decision about the present configuration.
pub enum Decision<T> {
    /// Nothing has to be saved.
    Keep(T),
    /// Another configuration takes the place of the present one.
    Save(Edit<T>),
}

/// A configuration to be saved.
pub struct Edit<T> {
    /// All entries of the new configuration.
    pub entries: ConfigEntries,
    /// Entry for the audit log.
    pub audit: Option<AuditEntry>,
    /// Value for the caller.
    pub outcome: T,
}

/// Result of a change.
#[derive(Debug)]
pub struct Changed<T> {
    /// Value of the decision.
    pub outcome: T,
    /// Revision of the configuration that has the change.
    pub revision: u64,
    /// Warnings of the checker.
    pub warnings: Vec<Problem>,
}

/// Reason why the configuration was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The new configuration can't run.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// Other writers were faster at each try.
    #[error("the configuration is being changed by others all the time")]
    Busy,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes the configuration. `decide` gets the present entries, and gets them again when another writer was faster. With a checker, a
/// configuration that can't run on this host is not saved.
///
/// # Errors
/// The error of `decide`, of the check or of the store; [`ChangeError::Busy`] after [`MAX_TRIES`] tries.
pub async fn change<T, E: From<ChangeError>>(
    copies: &impl Copies,
    checker: Option<&Checker>,
    decide: impl Fn(&ConfigEntries) -> Result<Decision<T>, E>,
) -> Result<Changed<T>, E> {
    for _ in 0..MAX_TRIES {
        let (revision, present) = copies.load().await.map_err(ChangeError::Store)?;
        let edit = match decide(&present)? {
            Decision::Keep(outcome) => {
                return Ok(Changed {
                    outcome,
                    revision,
                    warnings: Vec::new(),
                });
            }
            Decision::Save(edit) => edit,
        };
        let warnings = match checker {
            Some(checker) => checker.check(&edit.entries).await.map_err(ChangeError::Check)?,
            None => Vec::new(),
        };
        let text = edit.audit.as_ref().map(AuditEntry::text);
        let saved = copies.save(&edit.entries, revision, text.as_deref()).await;
        let Ok(revision) = saved.map_err(ChangeError::Store)? else {
            continue;
        };
        if let Some(audit) = &edit.audit {
            audit.log();
        }
        return Ok(Changed {
            outcome: edit.outcome,
            revision,
            warnings,
        });
    }
    Err(ChangeError::Busy.into())
}

#[cfg(test)]
mod tests {
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
        async fn load(&self) -> Result<(u64, ConfigEntries), StoreError> {
            let state = self.state();
            Ok((state.revision, state.entries.clone()))
        }

        async fn save(
            &self,
            entries: &ConfigEntries,
            expected: u64,
            audit: Option<&str>,
        ) -> Result<Result<u64, u64>, StoreError> {
            let mut state = self.state();
            if state.rivals > 0 {
                state.rivals -= 1;
                state.revision += 1;
                let entry = (format!("rival {}", state.revision), "{}".to_owned());
                state.entries.push(entry);
            }
            if state.revision != expected {
                return Ok(Err(state.revision));
            }
            state.revision += 1;
            state.entries.clone_from(entries);
            state.audit.extend(audit.map(ToOwned::to_owned));
            Ok(Ok(state.revision))
        }

        async fn revision(&self) -> Result<u64, StoreError> {
            Ok(self.state().revision)
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
        Ok(Decision::Save(Edit {
            entries,
            audit: Some(AuditEntry::new(&actor(), "test.add", "mine", Value::Null, Value::Null)),
            outcome: present.len(),
        }))
    }

    #[tokio::test]
    async fn a_change_is_decided_again_on_what_other_writers_saved() {
        let copies = Contested::with_rivals(2);
        let changed = change(&copies, None, add).await.unwrap();
        assert_eq!((changed.outcome, changed.revision), (2, 3));
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
        assert_eq!((changed.outcome, changed.revision), ("as it is", 0));
        assert_eq!(copies.state().revision, 0);
    }
}
