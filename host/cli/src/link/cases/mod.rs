//! Test cases of links, and how they run in the sandbox.
//!
//! Guarantee: nothing leaves the machine. Time and random numbers are those of the case. In a case
//! that passes, every expected result was compared.

mod case;
mod clock;
mod compare;
mod counters;
mod services;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

pub use case::{Case, Expect, HostState, ServiceResponse};
use clock::CaseClock;
use counters::CaseCounters;
use services::Services;

use vcon_document::{Document, EgressFormat, VconId, canonical};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName, NameError};
use vconduit_policy::{Grants, Limits};
use vconduit_sandbox::probe::{NoDocuments, OpenGate};
use vconduit_sandbox::{Call, CallContext, CallReport, Compiled, Sandbox};

/// Grants, limits and secrets of a case run.
#[derive(Debug, Clone, Default)]
pub struct CaseSetup {
    /// Grants of the link. HTTP hosts are replaced: only the services of the case can be reached.
    pub grants: Grants,
    /// Limits of the call.
    pub limits: Limits,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
}

/// Result of a case.
#[derive(Debug)]
pub struct CaseReport {
    /// Differences from the expected result. The case has passed when there are none.
    pub problems: Vec<String>,
    /// The call's own report: effects, log, usage.
    pub call: CallReport,
}

/// A case that can't be run.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The case has no id for the vCon.
    #[error("the case has no vCon id: give `input_vcon` a `uuid`, or add `vcon_uuid`")]
    NoId,
    /// The name of the link is not valid.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The id of the vCon is not valid.
    #[error(transparent)]
    Id(#[from] vcon_document::IdError),
    /// The input is not a vCon.
    #[error("`input_vcon` is not a vCon: {0}")]
    Vcon(String),
    /// There are responses, and no request is expected.
    #[error(
        "`host.http_responses` has responses, and `expect.http` has no requests: add the requests, so that their hosts can be \
         replaced by local services"
    )]
    NoRequests,
    /// A service whose address can't be replaced by a local one.
    #[error(
        "`expect.http` has a request to {0}, which is not in the options of the link: a service can be replaced by a local one \
         only if its address is in the options"
    )]
    NotInOptions(String),
    /// The local services can't listen on loopback ports.
    #[error("the local services of the case can't listen on loopback ports: {0}")]
    Services(std::io::Error),
}

/// Runs a case and compares the result.
///
/// # Errors
/// When the case can't be run at all. A case that fails is not an error.
pub async fn run(
    sandbox: &Arc<Sandbox>,
    component: &Arc<Compiled>,
    case: &Case,
    setup: CaseSetup,
) -> Result<CaseReport, CaseError> {
    let mut options = component.description().defaults.clone();
    options.extend(case.options.clone().unwrap_or_default());
    let options = Value::Object(options).to_string();
    services::check(case, &options)?;
    let services = Services::start(case).await.map_err(CaseError::Services)?;
    let clock = Arc::new(CaseClock::new(&case.host));
    let counters = Arc::new(CaseCounters::default());
    let id = VconId::new(case.id_of_vcon().ok_or(CaseError::NoId)?)?;
    let link = case.link_name.as_deref().or(case.link.as_deref());
    let context = CallContext {
        link: LinkName::new(link.unwrap_or(&component.description().name))?,
        chain: ChainName::new("test")?,
        ingress_list: None,
        attempt: 1,
        grants: Arc::new(Grants {
            http: services.grants(),
            ..setup.grants
        }),
        limits: setup.limits,
        vcon: id.clone(),
        egress: EgressFormat::AsStored,
        secrets: setup.secrets,
        documents: Arc::new(NoDocuments),
        gate: Arc::new(OpenGate),
        environment: clock.clone(),
        metrics: counters.clone(),
        keep_log: true,
    };
    let call = Call {
        component: Arc::clone(component),
        context,
        options: services.redirect(&options).into(),
        document: document(case)?,
        deadline: None,
        warm: false,
    };
    let report = sandbox.call(call).await;
    let observed = compare::Observed {
        slept: clock.slept(),
        counters: counters.counted(),
        requests: services.received(),
    };
    Ok(CaseReport {
        problems: compare::problems(case, &id, &report, &observed),
        call: report,
    })
}

/// The document as a chain passes it to a link.
fn document(case: &Case) -> Result<Option<Document>, CaseError> {
    let Some(vcon) = &case.input_vcon else {
        return Ok(None);
    };
    let mut document = Document::parse(vcon.to_string()).map_err(|error| CaseError::Vcon(error.to_string()))?;
    canonical::upgrade(&mut document);
    Ok(Some(document))
}

/// Locks a mutex. Its data stays usable after a panic of another thread.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
