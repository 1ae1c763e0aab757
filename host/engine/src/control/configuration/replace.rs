//! Replacing the configuration as a whole.

use serde_json::Value;

use super::{ConfigError, Configuration, unmasked, written};
use crate::control::change::{ConfigEdit, Decision, change_here};
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::{Written, store_copy};

/// Members of a link that decide about the code that runs and about what it may reach and use up.
const ADMINS_ONLY: [&str; 5] = ["component", "module", "grants", "limits", "warm"];

/// The parts of a configuration that the caller may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// All parts.
    Admin,
    /// Everything but `signing` and the members of links that decide about code, grants and limits.
    Client,
}

impl Configuration {
    /// Replaces the configuration, link records excepted. Returns its revision, which
    /// is active on this host.
    ///
    /// # Errors
    /// All problems of the new configuration; a change that the caller may not make; the store.
    pub async fn replace(&self, sent: &Written, permission: Permission) -> Result<ConfigRevision, ConfigError> {
        let decide = |present: &ConfigEntries| self.replacement(sent, permission, present);
        let changed = change_here(&self.follower, Some(&self.checker), decide).await?;
        let revision = changed.revision;
        tracing::info!(%revision, "the configuration was replaced through the API");
        Ok(revision)
    }

    fn replacement(
        &self,
        sent: &Written,
        permission: Permission,
        present: &ConfigEntries,
    ) -> Result<Decision<()>, ConfigError> {
        // A damaged copy has no secrets to give back, and is best replaced.
        let current = written(present).unwrap_or_default();
        let checked = self.read(&unmasked(sent.clone(), &current)?, present)?;
        if permission == Permission::Client
            && let Some(path) = for_admins(&current, &checked.written)
        {
            return Err(ConfigError::AdminsOnly(path));
        }
        Ok(Decision::Save(ConfigEdit {
            entries: store_copy::with_own_entries(store_copy::to_entries(&checked.written), present),
            audit: None,
            outcome: (),
        }))
    }
}

/// Path of the first change that only an admin may make.
fn for_admins(current: &Written, new: &Written) -> Option<String> {
    if current.get("signing") != new.get("signing") {
        return Some("signing".to_owned());
    }
    let links = |written: &Written| {
        let links = written.get("links").and_then(Value::as_object);
        links.cloned().unwrap_or_default()
    };
    let (before, after) = (links(current), links(new));
    after.iter().find_map(|(name, link)| {
        let was = before.get(name);
        let changed = ADMINS_ONLY
            .iter()
            .find(|key| link.get(**key) != was.and_then(|was| was.get(**key)));
        changed.map(|key| format!("links.{name}.{key}"))
    })
}
