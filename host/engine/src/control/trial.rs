//! Trials: one call of a link that changes nothing.
//!
//! Guarantee: nothing is stored, created, pushed or deleted. Services that the link may reach are
//! really called.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::links::{LinkError, Links};
use crate::documents::Documents;
use crate::registry::options;
use crate::snapshot::{Live, ReadyLink};
use vcon_document::{EgressFormat, IdError, Text, VconId};
use vconduit_base::Secrets;
use vconduit_base::names::LinkName;
use vconduit_config::{LinkRecord, RecordError};
use vconduit_policy::{Grants, Limits};
use vconduit_sandbox::Compiled;
use vconduit_sandbox::dry_run::{DryReport, DryRun, DryRunError, dry_run};
use vconduit_store::StoreError;

/// A trial of a link.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The vCon that the link is called with.
    pub vcon: TrialVcon,
    /// Options in place of the link's own. The defaults of the component are added to them.
    pub options: Option<Map<String, Value>>,
    /// The version, as its digest or the first six digits of it or more. Absent: the active one,
    /// else the latest.
    pub version: Option<String>,
}

/// The vCon of a trial.
#[derive(Debug, Clone)]
pub enum TrialVcon {
    /// This vCon.
    Given(Map<String, Value>),
    /// The stored vCon of this id.
    Stored(String),
}

/// Reasons why a trial did not take place. What the link itself does is in the report.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The id can't be one.
    #[error(transparent)]
    Id(#[from] IdError),
    /// There is no such vCon.
    #[error("there is no vCon {0}")]
    NoVcon(VconId),
    /// The link, or the version.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The link has no component yet.
    #[error("the link {0} has no component yet")]
    NoComponent(LinkName),
    /// The component is not in the store, or can't be compiled.
    #[error("{0}")]
    Component(String),
    /// The options don't fit the schema of the component.
    #[error("the options don't fit: {0}")]
    Options(String),
    /// The vCon can't be read, or the host has a fault.
    #[error(transparent)]
    DryRun(#[from] DryRunError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The service.
pub struct Trials {
    /// The links.
    pub links: Arc<Links>,
    /// The active configuration.
    pub live: Live,
    /// Stored vCons. They are only read.
    pub documents: Arc<Documents>,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Format in which vCons leave the deployment.
    pub egress: EgressFormat,
}

/// The parts of a link that a trial calls.
struct Subject {
    component: Arc<Compiled>,
    grants: Arc<Grants>,
    limits: Limits,
    options: Map<String, Value>,
}

impl Trials {
    /// Calls a link once. Returns what it would have changed, wrote to the log and used.
    ///
    /// # Errors
    /// The link was not called.
    pub async fn run(&self, link: LinkName, trial: Trial) -> Result<DryReport, TrialError> {
        let document = self.document(trial.vcon).await?;
        let subject = self.subject(&link, trial.version.as_deref()).await?;
        let own = trial.options.unwrap_or(subject.options);
        let options = options::fitted(subject.component.description(), own).map_err(TrialError::Options)?;
        let run = DryRun {
            component: subject.component,
            link,
            options: Value::Object(options).to_string().into(),
            document,
            grants: subject.grants,
            limits: subject.limits,
            secrets: self.secrets.clone(),
            documents: self.documents.clone(),
            egress: self.egress,
        };
        Ok(dry_run(self.links.registry().sandbox(), run).await?)
    }

    async fn document(&self, vcon: TrialVcon) -> Result<Text, TrialError> {
        let id = match vcon {
            TrialVcon::Given(vcon) => return Ok(Value::Object(vcon).to_string().into()),
            TrialVcon::Stored(id) => VconId::new(id)?,
        };
        let found = self.documents.get(&id).await?;
        found.ok_or(TrialError::NoVcon(id))
    }

    async fn subject(&self, link: &LinkName, wanted: Option<&str>) -> Result<Subject, TrialError> {
        let (record, _) = self.links.get(link).await?;
        let ready = self.live.load().links.get(link).cloned();
        let version = match (wanted, &ready) {
            (Some(wanted), _) => Some(record.find(wanted)?),
            (None, Some(_)) => None,
            (None, None) => record.versions.last(),
        };
        let Some(version) = version else {
            let ready = ready.ok_or_else(|| TrialError::NoComponent(link.clone()))?;
            return Ok(ready.into());
        };
        let component = self.links.registry().version(&version.digest).await;
        let grants = vconduit_config::read_grants(&version.grants.clone().unwrap_or_default()).unwrap_or_default();
        Ok(Subject {
            component: component.map_err(TrialError::Component)?,
            grants: Arc::new(grants),
            limits: ready.as_ref().map(|ready| ready.link.limits).unwrap_or_default(),
            options: own_options(&record, ready.as_ref()),
        })
    }
}

impl From<RecordError> for TrialError {
    fn from(error: RecordError) -> Self {
        Self::Link(error.into())
    }
}

impl From<ReadyLink> for Subject {
    fn from(ready: ReadyLink) -> Self {
        Self {
            options: ready.link.options.clone(),
            limits: ready.link.limits,
            grants: ready.grants,
            component: ready.component,
        }
    }
}

fn own_options(record: &LinkRecord, ready: Option<&ReadyLink>) -> Map<String, Value> {
    match ready {
        Some(ready) => ready.link.options.clone(),
        None => record.options.clone().unwrap_or_default(),
    }
}
