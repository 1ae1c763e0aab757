//! The surroundings of a call where there are none: for `describe`, for dry runs, for tests.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rand::Rng;

use super::CallError;
use super::call::{CreateError, DocumentAccess, Environment, GuestMetrics};
use super::state::Context;
use vcon_document::{EgressFormat, Text, VconId};
use vconduit_base::names::{ChainName, Digest, LinkName, NameError};
use vconduit_base::{Secrets, clock};
use vconduit_policy::{Grants, Limits};

/// A `describe` gives back constants; interpreters need a millisecond to start.
const DESCRIBE_CPU: Duration = Duration::from_secs(2);

/// Time to wait in `describe`: it has nothing to wait for.
const DESCRIBE_WALL: Duration = Duration::from_secs(10);

/// The clock and the random numbers of the machine.
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

/// No other vCons.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoDocuments;

const NOWHERE: &str = "there are no other vCons in this run";

#[async_trait]
impl DocumentAccess for NoDocuments {
    async fn read(&self, _id: &VconId) -> Result<Option<Text>, String> {
        Err(NOWHERE.to_owned())
    }

    async fn create(&self, _json: &str) -> Result<VconId, CreateError> {
        Err(CreateError::Unavailable(NOWHERE.to_owned()))
    }

    async fn delete(&self, _id: &VconId) -> Result<bool, String> {
        Err(NOWHERE.to_owned())
    }
}

/// Numbers that go nowhere.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoMetrics;

impl GuestMetrics for NoMetrics {
    fn count(&self, _link: &LinkName, _vcon: &VconId, _name: &str, _value: u64, _attributes: &[(String, String)]) {}
    fn observe(&self, _link: &LinkName, _vcon: &VconId, _name: &str, _value: f64, _attributes: &[(String, String)]) {}
}

/// The context of a `describe`: nothing granted, nothing there.
pub(super) fn context(version: Digest) -> Result<Context, CallError> {
    let never = |error: NameError| CallError::Host(error.to_string());
    let no_id = |error: vcon_document::IdError| CallError::Host(error.to_string());
    let limits = Limits {
        cpu: DESCRIBE_CPU,
        wall: DESCRIBE_WALL,
        requests: 0,
        ..Limits::default()
    };
    Ok(Context {
        link: LinkName::new("describe").map_err(never)?,
        version,
        chain: ChainName::new("upload").map_err(never)?,
        ingress_list: None,
        attempt: 1,
        grants: Arc::new(Grants::default()),
        limits,
        vcon: VconId::new("none").map_err(no_id)?,
        egress: EgressFormat::default(),
        secrets: Arc::new(Secrets::default()),
        documents: Arc::new(NoDocuments),
        environment: Arc::new(SystemEnvironment),
        metrics: Arc::new(NoMetrics),
        keep_log: false,
    })
}
