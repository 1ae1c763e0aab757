//! Changes of a link's record.
//!
//! Guarantee: a change is decided on the record that it overwrites. A change that leaves the record
//! as it is writes nothing.

use serde_json::{Value, json};

use super::{LinkError, Links};
use crate::control::audit::{Actor, AuditEntry};
use crate::control::change::{self, ConfigEdit, Decision};
use vconduit_base::names::LinkName;
use vconduit_base::{ConfigEntries, ConfigRevision};
use vconduit_config::{LinkRecord, mask, store_copy};

/// The state that a change is decided on.
pub(super) struct Before<'a> {
    pub entries: &'a ConfigEntries,
    pub link: &'a LinkName,
}

impl Before<'_> {
    /// True if the configuration has a component for this link.
    pub fn configured(&self) -> bool {
        is_configured(self.entries, self.link)
    }
}

/// True if the configuration defines this link.
pub(super) fn is_configured(entries: &ConfigEntries, link: &LinkName) -> bool {
    entries
        .iter()
        .any(|(key, _)| key.strip_prefix("link:") == Some(link.as_str()))
}

impl Links {
    /// Changes a link's record. Returns the value of `edit` and the revision of the configuration
    /// that has the change.
    pub(super) async fn change<T>(
        &self,
        link: &LinkName,
        actor: &Actor,
        action: &'static str,
        edit: impl Fn(&mut LinkRecord, &Before<'_>) -> Result<T, LinkError>,
    ) -> Result<(T, ConfigRevision), LinkError> {
        let decide = |entries: &ConfigEntries| {
            let before = store_copy::record(entries, link.as_str()).map_err(LinkError::Damaged)?;
            let mut after = before.clone();
            let outcome = edit(&mut after, &Before { entries, link })?;
            if after == before {
                return Ok(Decision::Keep(outcome));
            }
            Ok(Decision::Save(ConfigEdit {
                entries: store_copy::with_record(entries, link.as_str(), &after),
                audit: Some(AuditEntry::new(
                    actor,
                    action,
                    link.as_str(),
                    shown(&before),
                    shown(&after),
                )),
                outcome,
            }))
        };
        let changed = change::change_here::<T, LinkError>(&self.follower, Some(&self.checker), decide).await?;
        Ok((changed.outcome, changed.revision))
    }
}

/// A record for the audit log: what decides, not the list of all versions.
fn shown(record: &LinkRecord) -> Value {
    json!({
        "active": record.active,
        "versions": record.versions.iter().map(|version| &version.digest).collect::<Vec<_>>(),
        "grants": record.active_version().and_then(|version| version.grants.clone()),
        "granted": record.versions.iter().filter(|version| version.grants.is_some()).map(|version| {
            json!({"digest": version.digest, "grants": version.grants})
        }).collect::<Vec<_>>(),
        "limits": record.limits,
        "options": record.options.as_ref().map(mask::mask),
    })
}
