//! Links and their versions as they are shown.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{About, LinkError, Links, change};
use vconduit_base::names::{Digest, LinkName};
use vconduit_config::{LinkRecord, Version, mask, store_copy};

/// All links.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkList {
    /// Those of the configuration and those that were uploaded, by name.
    pub links: Vec<LinkSummary>,
}

/// A link in the list of all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkSummary {
    /// Its name.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The uploaded version that is active; null: the configuration's own component.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// Number of uploaded versions.
    pub versions: usize,
    /// Number of them that are held.
    pub held: usize,
    /// Chains that name it.
    pub used_by: Vec<String>,
}

/// One link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LinkDetail {
    /// Its name.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The uploaded version that is active; null: the configuration's own component.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// The component that this host runs.
    #[schema(value_type = Option<String>)]
    pub running: Option<Digest>,
    /// Whether the configuration defines the link.
    pub configured: bool,
    /// Versions that were active before, the latest last; null stands for the configuration's own component.
    #[schema(value_type = Vec<Option<String>>)]
    pub past: Vec<Option<Digest>>,
    /// Uploaded versions, the latest upload first.
    pub versions: Vec<Version>,
    /// Grants, in the shape of the configuration.
    #[schema(value_type = Option<Object>)]
    pub grants: Option<Value>,
    /// Limits, in the shape of the configuration.
    #[schema(value_type = Option<Object>)]
    pub limits: Option<Value>,
    /// Options. Secrets are masked.
    #[schema(value_type = Option<Object>)]
    pub options: Option<Map<String, Value>>,
    /// Chains that name it.
    pub used_by: Vec<String>,
}

/// Versions of a link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionList {
    /// The version that is active; null: the configuration's own component.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// The latest upload first.
    pub versions: Vec<Version>,
}

/// One version of a link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionDetail {
    /// The version.
    #[serde(flatten)]
    pub version: Version,
    /// Whether it is active.
    pub active: bool,
    /// Facts about the component, found at its upload.
    pub about: Option<About>,
}

impl Links {
    /// The links of the configuration and those that were uploaded, by name.
    ///
    /// # Errors
    /// When the store is unavailable or its copy is damaged.
    pub async fn list(&self) -> Result<LinkList, LinkError> {
        let (_, entries) = self.store.load_config().await?;
        let records = store_copy::records(&entries).map_err(|damaged| LinkError::damaged(&damaged))?;
        let live = self.live.load();
        let configured = live.config.links.keys();
        let mut links: BTreeMap<LinkName, LinkRecord> =
            configured.map(|name| (name.clone(), LinkRecord::default())).collect();
        let uploaded = records
            .into_iter()
            .filter_map(|(name, record)| Some((LinkName::new(name).ok()?, record)));
        links.extend(uploaded);
        let summary = |(name, record): (LinkName, LinkRecord)| LinkSummary {
            used_by: self.used_by(&name),
            active: record.active,
            versions: record.versions.len(),
            held: record.versions.iter().filter(|version| version.held.is_some()).count(),
            name,
        };
        Ok(LinkList {
            links: links.into_iter().map(summary).collect(),
        })
    }

    /// One link: what is active, its versions, and what was set for it.
    ///
    /// # Errors
    /// There is no such link; the store is unavailable.
    pub async fn detail(&self, link: &LinkName) -> Result<LinkDetail, LinkError> {
        let (_, entries) = self.store.load_config().await?;
        let record = store_copy::record(&entries, link.as_str()).map_err(LinkError::Damaged)?;
        let configured = change::is_configured(&entries, link);
        if record.is_empty() && !configured {
            return Err(LinkError::NoLink(link.clone()));
        }
        let written = store_copy::to_written(&entries).unwrap_or_default();
        let own = written.get("links").and_then(|links| links.get(link.as_str()));
        let entry = record.over(own).unwrap_or_default();
        let running = self.live.load();
        let running = running.links.get(link).map(|ready| ready.component.digest.clone());
        Ok(LinkDetail {
            name: link.clone(),
            active: record.active,
            running,
            configured,
            past: record.past,
            versions: newest_first(record.versions),
            grants: entry.get("grants").cloned(),
            limits: entry.get("limits").cloned(),
            options: entry.get("options").and_then(Value::as_object).map(mask::mask),
            used_by: self.used_by(link),
        })
    }

    /// The versions of a link.
    ///
    /// # Errors
    /// There is no such link; the store is unavailable.
    pub async fn versions(&self, link: &LinkName) -> Result<VersionList, LinkError> {
        let (record, _) = self.get(link).await?;
        Ok(VersionList {
            active: record.active,
            versions: newest_first(record.versions),
        })
    }

    /// One version of a link, by its digest or the first six digits of it or more.
    ///
    /// # Errors
    /// There is no such version; the store is unavailable.
    pub async fn version(&self, link: &LinkName, wanted: &str) -> Result<VersionDetail, LinkError> {
        let (record, _) = self.get(link).await?;
        let version = record.find(wanted)?.clone();
        let about = self.store.about_component(&version.digest).await?;
        Ok(VersionDetail {
            active: record.active.as_ref() == Some(&version.digest),
            about: about.and_then(|text| serde_json::from_str(&text).ok()),
            version,
        })
    }

    /// The bytes of a version.
    ///
    /// # Errors
    /// There is no such version, or its bytes are not in the store; the store is unavailable.
    pub async fn component(&self, link: &LinkName, wanted: &str) -> Result<Bytes, LinkError> {
        let (record, _) = self.get(link).await?;
        let digest = &record.find(wanted)?.digest;
        let bytes = self.store.component(digest).await?;
        bytes.ok_or_else(|| LinkError::NoBytes(digest.clone()))
    }
}

/// The latest upload first.
fn newest_first(mut versions: Vec<Version>) -> Vec<Version> {
    versions.reverse();
    versions
}
