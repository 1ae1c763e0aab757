//! Grants, limits and options of a link.
//!
//! Guarantee: grants belong to one version. Limits above their ceilings, and options that do not
//! fit the schema of the active version, are refused.

use serde_json::{Map, Value};

use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::control::confirm::confirm;
use crate::events::{Event, LinkEvent};
use vconduit_admin_types::{Granted, SettingChanged};
use vconduit_base::names::LinkName;

/// A new value for a setting of a link.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The setting.
    pub kind: SettingKind,
    /// The value; nothing takes the configuration's own again.
    pub value: Option<Map<String, Value>>,
}

/// A part of a link that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// The member `options`.
    Options,
    /// The member `limits`.
    Limits,
}

impl SettingKind {
    /// Name of the action in the audit log.
    fn action(self) -> &'static str {
        match self {
            Self::Options => "link.options",
            Self::Limits => "link.limits",
        }
    }
}

impl Links {
    /// Decides about the grants of a version: by default the active one, or else the latest.
    ///
    /// # Errors
    /// When the grants can't be read, or the version is not found.
    pub async fn grant(
        &self,
        link: &LinkName,
        wanted: Option<&str>,
        grants: Map<String, Value>,
        actor: &Actor,
    ) -> Result<Granted, LinkError> {
        vconduit_config::read_grants(&grants).map_err(LinkError::Invalid)?;
        let changed = self.change(link, actor, "link.grant", |record, before| {
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
        self.events.publish(|| {
            Event::LinkGranted(LinkEvent {
                link: link.clone(),
                version: Some(digest.clone()),
                by: actor.name.clone(),
            })
        });
        Ok(Granted {
            name: link.clone(),
            digest,
            grants,
            confirmation: confirm(self.store.as_ref(), revision).await?,
        })
    }

    /// Sets options or limits in place of the configuration's.
    ///
    /// # Errors
    /// They are not what they have to be; there is no such link.
    pub async fn set(&self, link: &LinkName, setting: Setting, actor: &Actor) -> Result<SettingChanged, LinkError> {
        let changed = self.change(link, actor, setting.kind.action(), |record, before| {
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
        Ok(SettingChanged {
            name: link.clone(),
            confirmation: confirm(self.store.as_ref(), revision).await?,
        })
    }
}
