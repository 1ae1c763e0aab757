//! Outcome of one call, and the changes that it asks for.

use vcon_document::VconId;
use vconduit_base::names::ListName;

/// Next step of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Continue with the next link.
    Next,
    /// End the chain without storage, egress or error. The text gives the reason.
    Stop(String),
    /// Continue with another vCon.
    Switch(VconId),
    /// Park the run and push the id to this list.
    HandOff(ListName),
}

/// Changes outside the document that a call asked for. The caller makes them with its next write.
#[derive(Debug, Clone, Default)]
pub struct CallEffects {
    /// Ids to append to lists, in order. The names are exact.
    pub push: Vec<(ListName, VconId)>,
    /// New lifetimes of vCons, in seconds. 0 or less deletes at once.
    pub expire: Vec<(VconId, i64)>,
}

impl CallEffects {
    /// Returns true if there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.push.is_empty() && self.expire.is_empty()
    }
}
