//! One call of a component for people who want to know what it would do, and what it costs.
//!
//! Guarantee: nothing is stored, created, deleted, pushed or let expire; other vCons are read, and services that the grants allow are
//! really called. The report holds no value of a secret that the link was granted.

mod documents;
mod report;

use std::sync::Arc;

pub use documents::{Deed, DryDocuments, OtherVcon};
pub use report::{DryFailure, DryOutcome, DryReport, DryRequest, DryUsage, Lifetime, LogEntry, Pushed, Used};

use super::call::DocumentAccess;
use super::probe::{NoMetrics, SystemEnvironment};
use super::{Call, Compiled, Sandbox};
use vcon_document::{Document, DocumentError, EgressFormat, Text, canonical};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName};
use vconduit_policy::{Grants, Limits};

/// The chain that a link sees when it is tried out.
const CHAIN: &str = "dry-run";

/// What to try.
pub struct DryRun {
    /// The component.
    pub component: Arc<Compiled>,
    /// The link's name, as it is or would be configured.
    pub link: LinkName,
    /// The options: a JSON object, the component's defaults already merged in.
    pub options: Arc<str>,
    /// The vCon's JSON text, as it would be stored.
    pub document: Text,
    /// What the link may reach.
    pub grants: Arc<Grants>,
    /// What it may use up.
    pub limits: Limits,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Other vCons. They are only read from.
    pub documents: Arc<dyn DocumentAccess>,
    /// The deployment's egress format.
    pub egress: EgressFormat,
}

/// Why there was no call.
#[derive(Debug, thiserror::Error)]
pub enum DryRunError {
    /// The vCon can't be read.
    #[error("the vCon can't be used: {0}")]
    Document(#[from] DocumentError),
    /// The vCon has no id.
    #[error("the vCon can't be used: it has no `uuid`")]
    NoUuid,
    /// The host has a fault.
    #[error("the host could not make the call: {0}")]
    Host(String),
}

/// Tries a link out.
///
/// # Errors
/// When the vCon can't be read; whatever the link does is in the report.
pub async fn dry_run(sandbox: &Arc<Sandbox>, run: DryRun) -> Result<DryReport, DryRunError> {
    let mut before = Document::parse(run.document)?;
    canonical::upgrade(&mut before);
    let vcon = before.uuid().ok_or(DryRunError::NoUuid)?;
    let documents = Arc::new(DryDocuments::over(run.documents));
    let chain = ChainName::new(CHAIN).map_err(|error| DryRunError::Host(error.to_string()))?;
    let report = sandbox
        .call(Call {
            component: run.component,
            link: run.link,
            chain,
            ingress_list: None,
            attempt: 1,
            options: run.options,
            grants: Arc::clone(&run.grants),
            limits: run.limits,
            deadline: None,
            vcon,
            document: Some(before.clone()),
            egress: run.egress,
            secrets: Arc::clone(&run.secrets),
            documents: Arc::clone(&documents) as Arc<dyn DocumentAccess>,
            environment: Arc::new(SystemEnvironment),
            metrics: Arc::new(NoMetrics),
            warm: false,
            keep_log: true,
        })
        .await;
    let hidden = report::Hidden::of(&run.grants, &run.secrets);
    Ok(report::make(&before, report, documents.deeds(), run.limits, &hidden))
}
