//! Dry runs: one call of a component that shows its effects and its costs and changes nothing.
//!
//! Guarantee: nothing is stored, created, deleted, pushed or given a lifetime. Other vCons are
//! read, and services that the grants permit are really called. The report contains no value of a
//! granted secret.

mod documents;
mod make;
mod report;

use std::sync::Arc;

pub(crate) use documents::DryDocuments;
pub use documents::{Deed, OtherVcon};
pub use report::{DryFailure, DryOutcome, DryReport, DryRequest, DryUsage, Lifetime, LogEntry, Pushed, Used};

use crate::call::Call;
use crate::compiled::Compiled;
use crate::context::CallContext;
use crate::engine::Sandbox;
use crate::probe::{NoMetrics, OpenGate, SystemEnvironment};
use crate::surroundings::DocumentAccess;
use vcon_document::{Document, DocumentError, EgressFormat, Text, canonical};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName};
use vconduit_policy::{Grants, Limits};

/// Name of the chain that a link sees in a dry run.
const CHAIN: &str = "dry-run";

/// Input of a dry run.
pub struct DryRun {
    /// Component that implements the link.
    pub component: Arc<Compiled>,
    /// Name of the link, as it is or would be configured.
    pub link: LinkName,
    /// Options: a JSON object, merged with the component's defaults.
    pub options: Arc<str>,
    /// JSON text of the vCon, as it would be stored.
    pub document: Text,
    /// Resources that the link may reach.
    pub grants: Arc<Grants>,
    /// Amounts that the call may use.
    pub limits: Limits,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// Access to other vCons. Only its `read` is used.
    pub documents: Arc<dyn DocumentAccess>,
    /// Egress format of the deployment.
    pub egress: EgressFormat,
}

/// Reason why there was no call.
#[derive(Debug, thiserror::Error)]
pub enum DryRunError {
    /// The text is not a vCon.
    #[error("the vCon can't be used: {0}")]
    Document(#[from] DocumentError),
    /// The vCon has no id.
    #[error("the vCon can't be used: it has no `uuid`")]
    NoUuid,
    /// The host could not make the call.
    #[error("the host could not make the call: {0}")]
    Host(String),
}

/// Calls a link once and returns a report. A failure of the link is part of the report.
///
/// # Errors
/// If the text is not a vCon with an id.
pub async fn dry_run(sandbox: &Arc<Sandbox>, run: DryRun) -> Result<DryReport, DryRunError> {
    let mut before = Document::parse(run.document)?;
    canonical::upgrade(&mut before);
    let vcon = before.uuid().ok_or(DryRunError::NoUuid)?;
    let documents = Arc::new(DryDocuments::over(run.documents));
    let chain = ChainName::new(CHAIN).map_err(|error| DryRunError::Host(error.to_string()))?;
    let context = CallContext {
        link: run.link,
        chain,
        ingress_list: None,
        attempt: 1,
        grants: Arc::clone(&run.grants),
        limits: run.limits,
        vcon,
        egress: run.egress,
        secrets: Arc::clone(&run.secrets),
        documents: Arc::clone(&documents) as Arc<dyn DocumentAccess>,
        gate: Arc::new(OpenGate),
        environment: Arc::new(SystemEnvironment),
        metrics: Arc::new(NoMetrics),
        keep_log: true,
    };
    let report = sandbox
        .call(Call {
            component: run.component,
            context,
            options: run.options,
            document: Some(before.clone()),
            deadline: None,
            warm: false,
        })
        .await;
    let secrets = make::GrantedSecrets::of(&run.grants, &run.secrets);
    Ok(make::report(&before, report, documents.deeds(), run.limits, &secrets))
}
