//! An upload: the checks in their order, then the version in the store.
//!
//! Guarantee: bytes with a signature that is not accepted are not compiled. A stored version has
//! passed every check. A version that needs more than the active one was granted is held. The same
//! bytes are the same version.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::change::Before;
use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::events::{Event, LinkEvent};
use crate::registry::about;
use vconduit_admin_types::{About, UploadedVersion};
use vconduit_base::clock::now_ms_signed;
use vconduit_base::names::LinkName;
use vconduit_config::{LinkRecord, VersionRecord, store_copy};
use vconduit_policy::Grants;
use vconduit_policy::capabilities;
use vconduit_policy::signature::{KeyId, SignatureError};

/// Properties of an upload.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// Note of the operator about the version.
    pub note: String,
    /// The text of its minisign signature.
    pub signature: Option<String>,
    /// True to activate the version at once, unless it is held.
    pub activate: bool,
}

impl Links {
    /// Checks a component, stores it as a version of this link, and activates it if requested.
    ///
    /// # Errors
    /// The first check that it does not pass.
    pub async fn upload(
        &self,
        link: &LinkName,
        bytes: Bytes,
        upload: Upload,
        actor: &Actor,
    ) -> Result<UploadedVersion, LinkError> {
        let activate = upload.activate;
        let mut uploaded = self.keep(link, bytes, upload, actor).await?;
        if activate && uploaded.held.is_none() {
            let switched = self.activate(link, uploaded.digest.as_str(), actor).await?;
            uploaded.active = true;
            uploaded.confirmation = Some(switched.confirmation);
        } else {
            let (record, _) = self.get(link).await?;
            uploaded.active = record.active.as_ref() == Some(&uploaded.digest);
        }
        Ok(uploaded)
    }

    /// Keeps a component as a version, which is not activated here.
    async fn keep(
        &self,
        link: &LinkName,
        bytes: Bytes,
        upload: Upload,
        actor: &Actor,
    ) -> Result<UploadedVersion, LinkError> {
        self.check_name(link)?;
        // Takes microseconds; a compile takes seconds, and nobody has vouched for the bytes yet.
        let signed_by = self.signer(&bytes, upload.signature.as_deref())?;
        let compiled = self.registry.sandbox().compile(bytes.clone()).await?;
        let about = about(&compiled);
        let needs = vconduit_config::read_grants(&about.needs)
            .map_err(|problems| LinkError::BadNeeds(LinkError::Invalid(problems).to_string()))?;
        let text = serde_json::to_string(&about).unwrap_or_default();
        self.store
            .keep_component(&compiled.digest, bytes.clone(), &text)
            .await?;
        self.registry.keep_version(&compiled);
        let version = VersionRecord {
            digest: compiled.digest.clone(),
            at_ms: now_ms_signed(),
            by: actor.name.clone(),
            note: upload.note,
            size_bytes: about.size_bytes,
            grants: None,
            held: None,
            signed_by: signed_by.clone(),
        };
        let added = self.change(link, actor, "link.upload", |record, before| {
            add(record, before, &version, &about, &needs)
        });
        let ((existed, beyond_grants, held), _) = added.await?;
        // After the change: bytes that no record names are removed.
        self.registry.keep_bytes(&compiled.digest, bytes).await;
        if !existed {
            let event = LinkEvent {
                link: link.clone(),
                version: Some(compiled.digest.clone()),
                by: actor.name.clone(),
            };
            self.events.publish(|| Event::LinkUploaded(event));
        }
        let capabilities = capabilities::of_imports(&about.imports);
        Ok(UploadedVersion {
            link: link.clone(),
            digest: compiled.digest.clone(),
            compile_ms: u64::try_from(compiled.compile_time.as_millis()).unwrap_or(u64::MAX),
            capabilities: capabilities.iter().map(ToString::to_string).collect(),
            beyond_grants,
            held,
            signed_by: signed_by.map(|key| key.to_string()),
            existed,
            about,
            active: false,
            confirmation: None,
        })
    }

    fn signer(&self, bytes: &[u8], signature: Option<&str>) -> Result<Option<KeyId>, SignatureError> {
        self.live.load().config.signing.verify(bytes, signature)
    }

    /// Every name of the configuration is accepted. A new name has to be plain, because it is part
    /// of paths and command lines.
    fn check_name(&self, link: &LinkName) -> Result<(), LinkError> {
        const MAX_NAME_BYTES: usize = 100;
        let name = link.as_str();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let plain = name.len() <= MAX_NAME_BYTES && !name.starts_with('.') && name.bytes().all(is_plain);
        if plain || self.live.load().config.links.contains_key(link) {
            return Ok(());
        }
        Err(LinkError::BadName(name.chars().take(MAX_NAME_BYTES).collect()))
    }
}

/// Existed, beyond, held.
type Added = (bool, Vec<String>, Option<String>);

fn add(
    record: &mut LinkRecord,
    before: &Before<'_>,
    version: &VersionRecord,
    about: &About,
    needs: &Grants,
) -> Result<Added, LinkError> {
    let (granted, written) = in_force(record, before);
    let beyond = capabilities::beyond(&about.imports, needs, &granted);
    let mut version = version.clone();
    if beyond.is_empty() {
        version.grants = Some(written);
    } else {
        version.held = Some(format!("it needs what was not granted: {}", beyond.join("; ")));
    }
    let held = version.held.clone();
    if record.add(version.clone())? {
        return Ok((false, beyond, held));
    }
    let known = record.find(version.digest.as_str())?;
    Ok((true, beyond, known.held.clone()))
}

/// Grants of the active version, and their written form.
fn in_force(record: &LinkRecord, before: &Before<'_>) -> (Grants, Map<String, Value>) {
    let written = match record.active_version() {
        Some(active) => active.grants.clone(),
        None => store_copy::to_written(before.entries).ok().and_then(|written| {
            written
                .get("links")?
                .get(before.link.as_str())?
                .get("grants")?
                .as_object()
                .cloned()
        }),
    }
    .unwrap_or_default();
    (vconduit_config::read_grants(&written).unwrap_or_default(), written)
}
