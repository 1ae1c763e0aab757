//! Interfaces to the surroundings of a call: other vCons, clock, random numbers, metrics.

use async_trait::async_trait;

use vcon_document::{Text, VconId};
use vconduit_base::names::LinkName;

/// Access to vCons other than the call's own. The sandbox checks the grant before each call.
#[async_trait]
pub trait DocumentAccess: Send + Sync {
    /// Returns the JSON text of a vCon in current names (`vcon_document::canonical::upgrade`). None
    /// if there is no such vCon.
    async fn read(&self, id: &VconId) -> Result<Option<Text>, String>;
    /// Checks and stores a new vCon. Returns its id.
    async fn create(&self, json: &str) -> Result<VconId, CreateError>;
    /// Deletes a vCon in the working store and in the storages. Returns false if there was none.
    async fn delete(&self, id: &VconId) -> Result<bool, String>;
}

/// Reason why a vCon was not created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    /// The text is not a valid vCon. The message names the faults.
    #[error("{0}")]
    Invalid(String),
    /// The store did not accept the vCon.
    #[error("{0}")]
    Unavailable(String),
}

/// Permission to begin what can't be undone: a request, a vCon that is created or deleted. A host
/// that may have lost its claim on a vCon closes the gate.
#[async_trait]
pub trait EffectGate: Send + Sync {
    /// Waits until the call may begin an effect outside.
    async fn pass(&self);
}

/// Clock and random numbers, so that tests can set them.
pub trait Environment: Send + Sync {
    /// Returns the time of day in milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> u64;
    /// Returns a number evenly distributed in [0, 1).
    fn uniform(&self) -> f64;
    /// Fills a buffer with random bytes.
    fn fill(&self, bytes: &mut [u8]);
    /// Returns the real duration of a sleep of `wished_ms`, in milliseconds. A test environment
    /// notes the wish and returns 0.
    fn sleep_ms(&self, wished_ms: u64) -> u64 {
        wished_ms
    }
}

/// Receiver of the metrics that links report. An implementation bounds the number of names.
pub trait GuestMetrics: Send + Sync {
    /// Adds `value` to a counter.
    fn count(&self, link: &LinkName, vcon: &VconId, name: &str, value: u64, attributes: &[(String, String)]);
    /// Records `value` in a histogram.
    fn observe(&self, link: &LinkName, vcon: &VconId, name: &str, value: f64, attributes: &[(String, String)]);
}
