//! Links and their versions as they are shown.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::{LinkError, Links, change};
use vconduit_admin_types::{LinkDetail, LinkList, LinkSummary, LinkVersion, VersionDetail, VersionList};
use vconduit_base::names::LinkName;
use vconduit_config::{LinkRecord, VersionRecord, mask, store_copy};

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

    /// Returns one link: its active version, all versions, and its grants, limits and options. Its
    /// use is left out, because each host has its own.
    ///
    /// # Errors
    /// When the link is not found, or the store is unavailable.
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
            usage: None,
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
            version: link_version(version),
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
fn newest_first(versions: Vec<VersionRecord>) -> Vec<LinkVersion> {
    versions.into_iter().rev().map(link_version).collect()
}

fn link_version(version: VersionRecord) -> LinkVersion {
    LinkVersion {
        digest: version.digest,
        at_ms: version.at_ms,
        by: version.by,
        note: version.note,
        size_bytes: version.size_bytes,
        grants: version.grants,
        held: version.held,
        signed_by: version.signed_by.map(|key| key.to_string()),
    }
}
