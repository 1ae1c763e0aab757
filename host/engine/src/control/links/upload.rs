//! An upload: the checks in their order, then the version in the store.
//!
//! Guarantee: what is kept has passed every check; a version that needs more than the active one was granted is held. The same bytes
//! again are known again.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::change::Before;
use super::{LinkError, Links};
use crate::control::audit::Actor;
use crate::control::confirm::Confirmation;
use crate::events::{Event, LinkEvent};
use vconduit_base::clock::now_ms_signed;
use vconduit_base::names::{Digest, LinkName};
use vconduit_config::{LinkRecord, Version, store_copy};
use vconduit_policy::Grants;
use vconduit_policy::capabilities::{self, Capability};
use vconduit_policy::signature::{KeyId, SignatureError};
use vconduit_sandbox::{Compiled, World};

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

/// What was found out about a component; kept beside its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct About {
    /// `link` or `transform`.
    pub world: String,
    /// What it calls itself.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// Its length.
    pub size_bytes: u64,
    /// Its functions.
    pub functions: u64,
    /// Its imports.
    pub imports: Vec<String>,
    /// What it asks to be granted, in the shape of `grants`.
    #[schema(value_type = Object)]
    pub needs: Map<String, Value>,
    /// JSON Schema of its options.
    #[schema(value_type = Object)]
    pub options_schema: Value,
    /// The default options.
    #[schema(value_type = Object)]
    pub defaults: Map<String, Value>,
}

/// The answer to an upload.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Uploaded {
    /// The digest: the name of this version.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// How long it took to compile, or to find it compiled.
    pub compile_ms: u64,
    /// The kinds of grant that it needs by what it imports.
    pub capabilities: BTreeSet<Capability>,
    /// What it needs beyond the grants of the active version.
    pub beyond_grants: Vec<String>,
    /// Why it can't be activated yet.
    pub held: Option<String>,
    /// Id of the key that signed it.
    #[schema(value_type = Option<String>)]
    pub signed_by: Option<KeyId>,
    /// Whether these bytes were there already.
    pub existed: bool,
    /// What it is.
    #[serde(flatten)]
    pub about: About,
}

/// An upload, and whether its version is active.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UploadedVersion {
    /// The link; `name` is what the component calls itself.
    #[schema(value_type = String)]
    pub link: LinkName,
    /// The upload.
    #[serde(flatten)]
    pub uploaded: Uploaded,
    /// Whether the version is active.
    pub active: bool,
    /// Hosts that run it; absent when it was not to be activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
}

impl About {
    fn of(compiled: &Compiled) -> Self {
        let description = compiled.description();
        Self {
            world: match compiled.world {
                World::Link => "link",
                World::Transform => "transform",
            }
            .to_owned(),
            name: description.name.clone(),
            version: description.version.clone(),
            summary: description.summary.clone(),
            size_bytes: compiled.component_bytes,
            functions: compiled.functions,
            imports: compiled.imports.clone(),
            needs: description.needs.clone(),
            options_schema: description.options_schema.clone(),
            defaults: description.defaults.clone(),
        }
    }
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
