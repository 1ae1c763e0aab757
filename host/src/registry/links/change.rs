//! The way in which every change of a link record is made.
//!
//! Guarantee: the change is decided on the state that it is written over; when someone else was faster it is decided anew.

use serde_json::{Value, json};

use super::{LinkError, Links};
use crate::config::{LinkRecord, Problem, mask, store_copy};
use crate::names::LinkName;
use crate::store::ConfigEntries;

/// How often a change is decided anew. Admins don't race each other twenty times.
const TRIES: usize = 20;

/// Makes an entry of the audit log from what was before and what is after.
pub type Audited<'a> = &'a (dyn Fn(Value, Value) -> String + Sync);

/// What a change is decided on.
pub(super) struct Before<'a> {
    pub entries: &'a ConfigEntries,
    pub link: &'a LinkName,
}

impl Before<'_> {
    /// Whether the configuration has a component for this link.
    pub fn configured(&self) -> bool {
        is_configured(self.entries, self.link)
    }
}

/// Whether the configuration defines this link.
pub(super) fn is_configured(entries: &ConfigEntries, link: &LinkName) -> bool {
    entries
        .iter()
        .any(|(key, _)| key.strip_prefix("link:") == Some(link.as_str()))
}

impl Links {
    /// Changes a link's record; answers what `change` says and the revision of the configuration. A change that leaves the record as it is
    /// writes nothing.
    pub(super) async fn change<T>(
        &self,
        link: &LinkName,
        audited: Audited<'_>,
        change: impl Fn(&mut LinkRecord, &Before<'_>) -> Result<T, LinkError>,
    ) -> Result<(T, u64), LinkError> {
        for _ in 0..TRIES {
            let (revision, entries) = self.store.load_config().await?;
            let before = store_copy::record(&entries, link.as_str()).map_err(LinkError::Damaged)?;
            let mut after = before.clone();
            let said = change(
                &mut after,
                &Before {
                    entries: &entries,
                    link,
                },
            )?;
            if after == before {
                return Ok((said, revision));
            }
            let new = store_copy::with_record(&entries, link.as_str(), &after);
            self.check(&new).await?;
            let audit = audited(shown(&before), shown(&after));
            if let Ok(revision) = self.store.save_config(&new, Some(revision), Some(&audit)).await? {
                return Ok((said, revision));
            }
        }
        Err(LinkError::Busy)
    }

    /// Whether a changed configuration can be read and run here. Returns what of it has no effect, besides what its reader tells.
    ///
    /// # Errors
    /// All that keeps it from it.
    pub async fn check(&self, new: &ConfigEntries) -> Result<Vec<Problem>, LinkError> {
        let checked = store_copy::from_entries(new);
        let errors = checked.errors().cloned().collect();
        let Some(config) = checked.config else {
            return Err(LinkError::Invalid(errors));
        };
        let ready = self.registry.snapshot(config, 0).await;
        ready.map(|snapshot| snapshot.warnings).map_err(LinkError::CantRun)
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
