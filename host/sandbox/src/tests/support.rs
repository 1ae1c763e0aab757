//! Set-up that the tests share: a sandbox, a call, a vCon.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::probe::{NoDocuments, NoMetrics, OpenGate, SystemEnvironment};
use crate::{Call, CallContext, CallReport, Compiled, Sandbox, SandboxSettings};
use vcon_document::{Document, EgressFormat, VconId};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName};
use vconduit_policy::{Grants, Limits};

pub(super) const VCON: &str = r#"{"vcon":"0.4.0","uuid":"018d4b2e-1234-8abc-9def-0123456789ab","created_at":"2024-01-01T00:00:00Z","parties":[{"tel":"+1555"}],"dialog":[],"analysis":[],"attachments":[]}"#;

pub(super) const UUID: &str = "018d4b2e-1234-8abc-9def-0123456789ab";

/// Returns the sandbox of all tests, so that the pool is made once.
pub(super) fn sandbox() -> Arc<Sandbox> {
    static SANDBOX: OnceLock<Arc<Sandbox>> = OnceLock::new();
    Arc::clone(SANDBOX.get_or_init(|| {
        Sandbox::new(SandboxSettings {
            max_concurrent_calls: 64,
            ..SandboxSettings::default()
        })
        .unwrap()
    }))
}

pub(super) async fn compiled(wat: &str) -> Arc<Compiled> {
    sandbox().compile(wat::parse_str(wat).unwrap()).await.unwrap()
}

/// Returns limits that end a call soon.
pub(super) fn limits() -> Limits {
    Limits {
        cpu: Duration::from_millis(200),
        wall: Duration::from_secs(5),
        memory_bytes: 16 * 1024 * 1024,
        ..Limits::default()
    }
}

/// Returns a call without grants, of a link that is not warm.
pub(super) fn call(component: &Arc<Compiled>) -> Call {
    Call {
        component: Arc::clone(component),
        context: context(),
        options: "{}".into(),
        document: Some(Document::parse(VCON).unwrap()),
        deadline: None,
        warm: false,
    }
}

fn context() -> CallContext {
    CallContext {
        link: LinkName::new("test").unwrap(),
        chain: ChainName::new("main").unwrap(),
        ingress_list: None,
        attempt: 1,
        grants: Arc::new(Grants::default()),
        limits: limits(),
        vcon: VconId::new(UUID).unwrap(),
        egress: EgressFormat::default(),
        secrets: Arc::new(Secrets::default()),
        documents: Arc::new(NoDocuments),
        gate: Arc::new(OpenGate),
        environment: Arc::new(SystemEnvironment),
        metrics: Arc::new(NoMetrics),
        keep_log: true,
    }
}

pub(super) async fn run(component: &Arc<Compiled>) -> CallReport {
    sandbox().call(call(component)).await
}

/// Returns the error text of a failed call. Checks that the call changed nothing.
pub(super) fn error(report: &CallReport) -> String {
    assert_eq!(
        report.document.as_ref().unwrap().text().as_ref(),
        VCON,
        "a failed call changed the document"
    );
    assert!(report.edits.is_empty() && report.effects.is_empty());
    report.result.as_ref().unwrap_err().to_string()
}

/// Returns the log lines of a call.
pub(super) fn lines(report: &CallReport) -> Vec<&str> {
    report.log.iter().map(|line| line.message.as_str()).collect()
}
