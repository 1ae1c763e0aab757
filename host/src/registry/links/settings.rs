//! Grants, limits and options of a link.
//!
//! Guarantee: grants belong to one version; limits stay below their ceilings and options fit the schema of the version in force, or
//! nothing is written.

use serde_json::{Map, Value};

use super::{Audited, Confirmation, LinkError, Links};
use crate::config;
use crate::events::{Event, LinkEvent};
use crate::names::{Digest, LinkName};

/// What of a link is set.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What.
    pub kind: SettingKind,
    /// The value; nothing takes the configuration's own again.
    pub value: Option<Map<String, Value>>,
}

/// A part of a link that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// `options`
    Options,
    /// `limits`
    Limits,
}

impl Links {
    /// Decides what a version may reach; without a version the one in force, else the latest.
    ///
    /// # Errors
    /// The grants can't be read; there is no such version.
    pub async fn grant(
        &self,
        link: &LinkName,
        wanted: Option<&str>,
        grants: Map<String, Value>,
        by: &str,
        audited: Audited<'_>,
    ) -> Result<(Digest, Confirmation), LinkError> {
        config::read_grants(&grants).map_err(LinkError::Invalid)?;
        let changed = self.change(link, audited, |record, before| {
            let digest = match (wanted, record.active_version().or(record.versions.last())) {
                (Some(wanted), _) => record.find(wanted)?.digest.clone(),
                (None, Some(version)) => version.digest.clone(),
                (None, None) if before.configured() => return Err(LinkError::Configured(link.clone())),
                (None, None) => return Err(LinkError::NoLink(link.clone())),
            };
            record.grant(&digest, grants.clone())?;
            Ok(digest)
        });
        let (digest, revision) = changed.await?;
        self.events.tell(|| {
            Event::LinkGranted(LinkEvent {
                link: link.clone(),
                version: Some(digest.clone()),
                by: by.to_owned(),
            })
        });
        Ok((digest, self.confirm(revision).await?))
    }

    /// Sets options or limits in place of the configuration's.
    ///
    /// # Errors
    /// They are not what they have to be; there is no such link.
    pub async fn set(
        &self,
        link: &LinkName,
        setting: Setting,
        audited: Audited<'_>,
    ) -> Result<Confirmation, LinkError> {
        let changed = self.change(link, audited, |record, before| {
            if record.is_empty() && !before.configured() {
                return Err(LinkError::NoLink(link.clone()));
            }
            match setting.kind {
                SettingKind::Options => record.options.clone_from(&setting.value),
                SettingKind::Limits => record.limits.clone_from(&setting.value),
            }
            Ok(())
        });
        let ((), revision) = changed.await?;
        Ok(self.confirm(revision).await?)
    }
}
