//! Grants, limits and options of a link.
//!
//! Guarantee: grants belong to one version; limits stay below their ceilings and options fit the schema of the version in force, or
//! nothing is written.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::control::confirm::{Confirmation, confirm};
use crate::events::{Event, LinkEvent};
use vconduit_base::names::{Digest, LinkName};

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

/// A decision about what a version may reach.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Granted {
    /// The link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// Its grants, in the shape of the configuration.
    #[schema(value_type = Object)]
    pub grants: Map<String, Value>,
    /// Hosts that have taken it up.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

/// A change of a link's options or limits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingChanged {
    /// The link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// Hosts that have taken it up.
    #[serde(flatten)]
    pub confirmation: Confirmation,
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
    /// Decides what a version may reach; without a version the one in force, else the latest.
    ///
    /// # Errors
    /// The grants can't be read; there is no such version.
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
        self.events.tell(|| {
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
