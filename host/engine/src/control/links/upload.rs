//! An upload: the checks in their order, then the version in the store.
//!
//! Guarantee: bytes whose signature does not count are not compiled. What is kept has passed every check; a version that needs more than the active one was granted is held. The same bytes
//! again are known again.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::change::Before;
use super::uploaded::{About, Uploaded, UploadedVersion};
use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::events::{Event, LinkEvent};
use vconduit_base::clock::now_ms_signed;
use vconduit_base::names::LinkName;
use vconduit_config::{LinkRecord, Version, store_copy};
use vconduit_policy::Grants;
use vconduit_policy::capabilities;
use vconduit_policy::signature::{KeyId, SignatureError};

/// What comes with the bytes.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// What the uploader writes about it.
    pub note: String,
    /// The text of its minisign signature.
    pub signature: Option<String>,
    /// Whether to activate the version at once, unless it is held.
    pub activate: bool,
}

impl Links {
    /// Checks a component, keeps it as a version of this link, and activates it if that is asked for.
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
        let uploaded = self.keep(link, bytes, upload, actor).await?;
        let (active, confirmation) = if activate && uploaded.held.is_none() {
            let switched = self.activate(link, uploaded.digest.as_str(), actor).await?;
            (true, Some(switched.confirmation))
        } else {
            let (record, _) = self.get(link).await?;
            (record.active.as_ref() == Some(&uploaded.digest), None)
        };
        Ok(UploadedVersion {
            link: link.clone(),
            uploaded,
            active,
            confirmation,
        })
    }

    async fn keep(&self, link: &LinkName, bytes: Bytes, upload: Upload, actor: &Actor) -> Result<Uploaded, LinkError> {
        self.check_name(link)?;
        // Takes microseconds; a compile takes seconds, and nobody has vouched for the bytes yet.
        let signed_by = self.signer(&bytes, upload.signature.as_deref())?;
        let compiled = self.registry.sandbox().compile(bytes.clone()).await?;
        let about = About::of(&compiled);
        let needs = vconduit_config::read_grants(&about.needs)
            .map_err(|problems| LinkError::BadNeeds(LinkError::Invalid(problems).to_string()))?;
        let text = serde_json::to_string(&about).unwrap_or_default();
        self.store.keep_component(&compiled.digest, bytes, &text).await?;
        self.registry.keep_version(&compiled);
        let version = Version {
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
        if !existed {
            let event = LinkEvent {
                link: link.clone(),
                version: Some(compiled.digest.clone()),
                by: actor.name.clone(),
            };
            self.events.tell(|| Event::LinkUploaded(event));
        }
        Ok(Uploaded {
            digest: compiled.digest.clone(),
            compile_ms: u64::try_from(compiled.compile_time.as_millis()).unwrap_or(u64::MAX),
            capabilities: capabilities::of_imports(&about.imports),
            beyond_grants,
            held,
            signed_by,
            existed,
            about,
        })
    }

    fn signer(&self, bytes: &[u8], signature: Option<&str>) -> Result<Option<KeyId>, SignatureError> {
        self.live.load().config.signing.verify(bytes, signature)
    }

    /// A name that the configuration has is good whatever it is; a new one has to be plain, as it stands in paths and on command lines.
    fn check_name(&self, link: &LinkName) -> Result<(), LinkError> {
        const LONGEST: usize = 100;
        let name = link.as_str();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let plain = name.len() <= LONGEST && !name.starts_with('.') && name.bytes().all(is_plain);
        if plain || self.live.load().config.links.contains_key(link) {
            return Ok(());
        }
        Err(LinkError::BadName(name.chars().take(LONGEST).collect()))
    }
}

/// Existed, beyond, held.
type Added = (bool, Vec<String>, Option<String>);

fn add(
    record: &mut LinkRecord,
    before: &Before<'_>,
    version: &Version,
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

/// What the version in force may reach, and how that is written.
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
