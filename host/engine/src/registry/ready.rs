//! From a configuration to a snapshot.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use indexmap::IndexMap;

use super::options;
use super::reach::{self, Reach};
use super::uploaded::Uploaded;
use crate::snapshot::{ReadyLink, Snapshot};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use vconduit_base::ConfigRevision;
use vconduit_base::names::{ChainName, Digest, LinkName, StorageName};
use vconduit_config::locate::PathStep;
use vconduit_config::{ComponentSource, Config, Link, Problem, StorageEntry};
use vconduit_sandbox::options::option_problems;
use vconduit_sandbox::{Compiled, Sandbox};
use vconduit_standard_links::standard;
use vconduit_storage::Storage;
use vconduit_storage::factory::{self, StorageContext};
use vconduit_storage::options::OptionProblem;
use vconduit_store::Store;

/// Reason why a configuration can't run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// A link can't be made ready.
    #[error("link {link}: {reason}")]
    Link {
        /// Name of the link.
        link: LinkName,
        /// The reason, and the next step.
        reason: String,
    },
    /// Options at a link's place in a chain don't fit.
    #[error("link {link}: its options in chain {chain} don't fit: {reason}")]
    Place {
        /// Name of the chain.
        chain: ChainName,
        /// Position of the link in the chain, from 0.
        position: usize,
        /// Name of the link.
        link: LinkName,
        /// All that does not fit.
        reason: String,
    },
    /// A link runs an uploaded component, and this registry has no store.
    #[error("link {link}: it runs the uploaded component sha256:{digest}, which only a server has")]
    NotChecked {
        /// Name of the link.
        link: LinkName,
        /// The component.
        digest: Digest,
    },
    /// A storage can't be made ready.
    #[error("storage {storage}: {}", joined(.problems))]
    Storage {
        /// Name of the storage.
        storage: StorageName,
        /// All problems, each with what to do.
        problems: Vec<OptionProblem>,
    },
}

fn joined(problems: &[OptionProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl RegistryError {
    /// The steps from the whole configuration to the part that can't run.
    #[must_use]
    pub fn steps(&self) -> Vec<PathStep<'_>> {
        match self {
            Self::Link { link, .. } | Self::NotChecked { link, .. } => {
                vec![PathStep::Key("links"), PathStep::Key(link.as_str())]
            }
            Self::Place { chain, position, .. } => vec![
                PathStep::Key("chains"),
                PathStep::Key(chain.as_str()),
                PathStep::Key("links"),
                PathStep::Index(*position),
            ],
            Self::Storage { storage, .. } => vec![PathStep::Key("storages"), PathStep::Key(storage.as_str())],
        }
    }

    /// The same as text: `links.tag`, `chains.main.links[2]`, `storages.disk`.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Link { link, .. } | Self::NotChecked { link, .. } => format!("links.{link}"),
            Self::Place { chain, position, .. } => format!("chains.{chain}.links[{position}]"),
            Self::Storage { storage, .. } => format!("storages.{storage}"),
        }
    }

    /// True if the configuration may be right and only this machine lacks something that it needs:
    /// an uploaded component, a secret, Redis.
    #[must_use]
    pub fn is_of_this_machine(&self) -> bool {
        match self {
            Self::Link { .. } | Self::Place { .. } => false,
            Self::NotChecked { .. } => true,
            Self::Storage { problems, .. } => problems.iter().any(|problem| problem.of_environment),
        }
    }
}

/// A storage and the entry that it was made from.
type ReadyStorage = (StorageEntry, Arc<dyn Storage>);

/// A component and the file's time and length that it was read at.
type ReadyFile = (SystemTime, u64, Arc<Compiled>);

/// Makes links and storages ready. Keeps what is ready, so that a reload costs only what changed.
pub struct Registry {
    pub(super) sandbox: Arc<Sandbox>,
    /// Absent where there is no server, as for a check of a file.
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) uploaded: Uploaded,
    storages: StorageContext,
    ready_storages: Mutex<HashMap<StorageName, ReadyStorage>>,
    files: Mutex<HashMap<PathBuf, ReadyFile>>,
    built_in: Mutex<HashMap<&'static str, Arc<Compiled>>>,
}

impl Registry {
    /// An empty one.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>, storages: StorageContext, store: Arc<dyn Store>) -> Self {
        Self {
            store: Some(store),
            ..Self::without_store(sandbox, storages)
        }
    }

    /// An empty one that has no uploaded components.
    #[must_use]
    pub fn without_store(sandbox: Arc<Sandbox>, storages: StorageContext) -> Self {
        Self {
            sandbox,
            store: None,
            uploaded: Uploaded::default(),
            storages,
            ready_storages: Mutex::default(),
            files: Mutex::default(),
            built_in: Mutex::default(),
        }
    }

    /// The sandbox that runs components.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// Makes a configuration ready.
    ///
    /// # Errors
    /// All links and storages that can't be made ready.
    pub fn snapshot(
        &self,
        config: Config,
        revision: ConfigRevision,
    ) -> BoxFuture<'_, Result<Snapshot, Vec<RegistryError>>> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.make_ready(config, revision).boxed()
    }

    async fn make_ready(&self, config: Config, revision: ConfigRevision) -> Result<Snapshot, Vec<RegistryError>> {
        let (mut links, mut warnings, mut errors) = (IndexMap::new(), Vec::new(), Vec::new());
        for (name, link) in &config.links {
            if let (None, ComponentSource::Uploaded(digest)) = (&self.store, &link.component) {
                errors.push(RegistryError::NotChecked {
                    link: name.clone(),
                    digest: digest.clone(),
                });
                continue;
            }
            match self.link(&config, name, link).await {
                Ok((ready, found)) => {
                    warnings.extend(found);
                    errors.extend(place_problems(&config, name, &ready));
                    links.insert(name.clone(), ready);
                }
                Err(reason) => errors.push(RegistryError::Link {
                    link: name.clone(),
                    reason,
                }),
            }
        }
        let mut storages = IndexMap::new();
        for (name, entry) in &config.storages {
            match self.storage(name, entry) {
                Ok(storage) => {
                    storages.insert(name.clone(), storage);
                }
                Err(problems) => errors.push(RegistryError::Storage {
                    storage: name.clone(),
                    problems,
                }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.forget_unused(&config);
        Ok(Snapshot {
            revision,
            ingress: config.ingress(),
            links,
            storages,
            warnings,
            config,
        })
    }

    /// The link, ready, and what of it has no effect.
    async fn link(&self, config: &Config, name: &LinkName, link: &Link) -> Result<(ReadyLink, Vec<Problem>), String> {
        let component = self.component(&link.component).await?;
        let description = component.description();
        let options = options::fitted(description, link.options.clone())
            .map_err(|problems| format!("its options don't fit: {problems}"))?;
        let options_text = serde_json::to_string(&options)
            .map_err(|error| error.to_string())?
            .into();
        let Reach { grants, warnings } = reach::of(config, name, link, description, &options)?;
        let ready = ReadyLink {
            warm: reach::keeps_instances(link, description),
            grants: Arc::new(grants),
            link: link.clone(),
            component,
            options,
            options_text,
        };
        Ok((ready, warnings))
    }

    async fn component(&self, source: &ComponentSource) -> Result<Arc<Compiled>, String> {
        match source {
            ComponentSource::Standard(name) => self.built_in(name).await,
            ComponentSource::File(path) => self.file(path).await,
            ComponentSource::Uploaded(digest) => self.version(digest).await,
        }
    }

    async fn built_in(&self, name: &str) -> Result<Arc<Compiled>, String> {
        let Some(found) = standard().find(|standard| standard.name == name) else {
            let known: Vec<_> = standard().map(|standard| standard.name).collect();
            return Err(format!(
                "there is no standard link {name:?}; the standard links are {}",
                known.join(", ")
            ));
        };
        if let Some(ready) = self
            .built_in
            .lock()
            .ok()
            .and_then(|ready| ready.get(found.name).cloned())
        {
            return Ok(ready);
        }
        let compiled = self
            .sandbox
            .compile(Bytes::from_static(found.bytes))
            .await
            .map_err(|error| error.to_string())?;
        if let Ok(mut ready) = self.built_in.lock() {
            ready.insert(found.name, compiled.clone());
        }
        Ok(compiled)
    }

    async fn file(&self, path: &Path) -> Result<Arc<Compiled>, String> {
        let unreadable = |error: std::io::Error| format!("component {} can't be read: {error}", path.display());
        let metadata = tokio::fs::metadata(path).await.map_err(unreadable)?;
        let state = (metadata.modified().map_err(unreadable)?, metadata.len());
        let known = self.files.lock().ok().and_then(|files| files.get(path).cloned());
        if let Some((modified, length, compiled)) = known
            && (modified, length) == state
        {
            return Ok(compiled);
        }
        let bytes = tokio::fs::read(path).await.map_err(unreadable)?;
        let compiled = self
            .sandbox
            .compile(bytes)
            .await
            .map_err(|error| format!("component {}: {error}", path.display()))?;
        if let Ok(mut files) = self.files.lock() {
            files.insert(path.to_owned(), (state.0, state.1, compiled.clone()));
        }
        Ok(compiled)
    }

    /// An adapter is kept over reloads as long as its entry is unchanged, because it may have open
    /// connections.
    fn storage(&self, name: &StorageName, entry: &StorageEntry) -> Result<Arc<dyn Storage>, Vec<OptionProblem>> {
        let known = self
            .ready_storages
            .lock()
            .ok()
            .and_then(|ready| ready.get(name).cloned());
        if let Some((same, storage)) = known
            && same == *entry
        {
            return Ok(storage);
        }
        let storage = factory::build(name, &entry.module, &entry.options, &self.storages)?;
        if let Ok(mut ready) = self.ready_storages.lock() {
            ready.insert(name.clone(), (entry.clone(), storage.clone()));
        }
        Ok(storage)
    }

    fn forget_unused(&self, config: &Config) {
        if let Ok(mut ready) = self.ready_storages.lock() {
            ready.retain(|name, _| config.storages.contains_key(name));
        }
    }
}

/// Options given at a link's place in a chain have to fit as well.
fn place_problems(config: &Config, name: &LinkName, ready: &ReadyLink) -> Vec<RegistryError> {
    let mut errors = Vec::new();
    for (chain_name, chain) in &config.chains {
        let with_options = chain
            .links
            .iter()
            .enumerate()
            .filter(|(_, place)| place.name == *name && !place.options.is_empty());
        for (position, place) in with_options {
            let mut options = ready.options.clone();
            options.extend(place.options.clone());
            let problems = option_problems(&ready.component.description().options_schema, &options);
            if !problems.is_empty() {
                errors.push(RegistryError::Place {
                    chain: chain_name.clone(),
                    position,
                    link: name.clone(),
                    reason: problems.join("; "),
                });
            }
        }
    }
    errors
}
