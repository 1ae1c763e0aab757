//! Surroundings of calls outside of a chain: for `describe`, dry runs and tests.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rand::Rng;

use crate::call_error::CallError;
use crate::context::CallContext;
use crate::surroundings::{CreateError, DocumentAccess, EffectGate, Environment, GuestMetrics};
use vcon_document::{EgressFormat, Text, VconId};
use vconduit_base::names::{ChainName, LinkName, NameError};
use vconduit_base::{Secrets, clock};
use vconduit_policy::{Grants, Limits};

/// Limit of CPU time of `describe`. It returns constants. Interpreters need some time to start.
const DESCRIBE_CPU: Duration = Duration::from_secs(2);

/// Limit of wall-clock time of `describe`. It has nothing to wait for.
const DESCRIBE_WALL: Duration = Duration::from_secs(10);

/// Clock and random numbers of the machine.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn now_ms(&self) -> u64 {
        clock::now_ms()
    }

    fn uniform(&self) -> f64 {
        rand::random()
    }

    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// Access to no other vCons: every operation fails.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoDocuments;

const NO_OTHER_VCONS: &str = "there are no other vCons in this run";

#[async_trait]
impl DocumentAccess for NoDocuments {
    async fn read(&self, _id: &VconId) -> Result<Option<Text>, String> {
        Err(NO_OTHER_VCONS.to_owned())
    }

    async fn create(&self, _json: &str) -> Result<VconId, CreateError> {
        Err(CreateError::Unavailable(NO_OTHER_VCONS.to_owned()))
    }

    async fn delete(&self, _id: &VconId) -> Result<bool, String> {
        Err(NO_OTHER_VCONS.to_owned())
    }
}

/// A gate that is always open: the call has no claim that could be lost.
#[derive(Debug, Default, Clone, Copy)]
pub struct OpenGate;

#[async_trait]
impl EffectGate for OpenGate {
    async fn pass(&self) {}
}

/// Metrics that are discarded.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoMetrics;

impl GuestMetrics for NoMetrics {
    fn count(&self, _link: &LinkName, _vcon: &VconId, _name: &str, _value: u64, _attributes: &[(String, String)]) {}
    fn observe(&self, _link: &LinkName, _vcon: &VconId, _name: &str, _value: f64, _attributes: &[(String, String)]) {}
}

/// Returns the context of a `describe`: no grants, no secrets, no other vCons.
pub(crate) fn describe_context() -> Result<CallContext, CallError> {
    let no_name = |error: NameError| CallError::Host(error.to_string());
    let no_id = |error: vcon_document::IdError| CallError::Host(error.to_string());
    let limits = Limits {
        cpu: DESCRIBE_CPU,
        wall: DESCRIBE_WALL,
        requests: 0,
        ..Limits::default()
    };
    Ok(CallContext {
        link: LinkName::new("describe").map_err(no_name)?,
        chain: ChainName::new("upload").map_err(no_name)?,
        ingress_list: None,
        attempt: 1,
        grants: Arc::new(Grants::default()),
        limits,
        vcon: VconId::new("none").map_err(no_id)?,
        egress: EgressFormat::default(),
        secrets: Arc::new(Secrets::default()),
        documents: Arc::new(NoDocuments),
        gate: Arc::new(OpenGate),
        environment: Arc::new(SystemEnvironment),
        metrics: Arc::new(NoMetrics),
        keep_log: false,
    })
}
