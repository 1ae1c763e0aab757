//! Cases: what a link has to do with a vCon, in files that people write; and running them in the sandbox.
//!
//! Guarantee: nothing leaves the machine, time and chance are as the case says, and a case that passes has had everything that it
//! expects compared.

mod case;
mod judge;
mod services;
mod surroundings;

use std::sync::Arc;

use serde_json::Value;

pub use case::{Answer, Case, Expect, HostState};
use services::Services;
use surroundings::{Counters, Told};

use vcon_document::VconId;
use vcon_document::{Document, EgressFormat, canonical};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName, NameError};
use vconduit_policy::{Grants, Limits};
use vconduit_sandbox::probe::NoDocuments;
use vconduit_sandbox::{Call, CallContext, CallReport, Compiled, Sandbox};

/// What a case is run with, besides itself.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    /// What the link may reach. Hosts are replaced: only the services of the case can be reached.
    pub grants: Grants,
    /// What it may use up.
    pub limits: Limits,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
}

/// How a case went.
#[derive(Debug)]
pub struct CaseReport {
    /// What is not as expected; empty: it passed.
    pub problems: Vec<String>,
    /// What the call did and used.
    pub call: CallReport,
}

/// A case that can't be run.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// No id for the vCon.
    #[error("the case has no vCon id: give `input_vcon` a `uuid`, or add `vcon_uuid`")]
    NoId,
    /// A name that is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The id of its vCon can't be one.
    #[error(transparent)]
    Id(#[from] vcon_document::IdError),
    /// The vCon is none.
    #[error("`input_vcon` is not a vCon: {0}")]
    Vcon(String),
    /// Answers of services that can't be reached.
    #[error(
        "`host.http_responses` has answers of services, and `expect.http` names no request: add the requests, so that their hosts can \
         be stood in for"
    )]
    NoRequests,
    /// A service that requests can't be led to.
    #[error(
        "`expect.http` names {0}, which is not in the options of the link: only a service whose address is in the options can be stood \
         in for"
    )]
    NotInOptions(String),
    /// No loopback port for the case's services.
    #[error("the services of the case can't be started on this machine: {0}")]
    Services(std::io::Error),
}

/// Runs a case.
///
/// # Errors
/// When the case can't be run at all.
pub async fn run(
    sandbox: &Arc<Sandbox>,
    component: &Arc<Compiled>,
    case: &Case,
    stage: Stage,
) -> Result<CaseReport, CaseError> {
    let mut options = component.description().defaults.clone();
    options.extend(case.options.clone().unwrap_or_default());
    let options = Value::Object(options).to_string();
    services::check(case, &options)?;
    let services = Services::start(case).await.map_err(CaseError::Services)?;
    let told = Arc::new(Told::new(&case.host));
    let counters = Arc::new(Counters::default());
    let id = VconId::new(case.id_of_vcon().ok_or(CaseError::NoId)?)?;
    let link = case.link_name.as_deref().or(case.link.as_deref());
    let context = CallContext {
        link: LinkName::new(link.unwrap_or(&component.description().name))?,
        chain: ChainName::new("test")?,
        ingress_list: None,
        attempt: 1,
        grants: Arc::new(Grants {
            http: services.grants(),
            ..stage.grants
        }),
        limits: stage.limits,
        vcon: id.clone(),
        egress: EgressFormat::AsStored,
        secrets: stage.secrets,
        documents: Arc::new(NoDocuments),
        environment: told.clone(),
        metrics: counters.clone(),
        keep_log: true,
    };
    let call = Call {
        component: Arc::clone(component),
        context,
        options: services.redirect(&Value::Object(options).to_string()).into(),
        document: document(case)?,
        deadline: None,
        warm: false,
    };
    let report = sandbox.call(call).await;
    let seen = judge::Seen {
        slept: told.slept(),
        counters: counters.counted(),
        requests: services.received(),
    };
    Ok(CaseReport {
        problems: judge::problems(case, &id, &report, &seen),
        call: report,
    })
}

/// The document as a chain would hand it to a link.
fn document(case: &Case) -> Result<Option<Document>, CaseError> {
    let Some(vcon) = &case.input_vcon else {
        return Ok(None);
    };
    let mut document = Document::parse(vcon.to_string()).map_err(|error| CaseError::Vcon(error.to_string()))?;
    canonical::upgrade(&mut document);
    Ok(Some(document))
}
