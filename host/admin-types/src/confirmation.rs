//! Confirmations of a change by hosts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The hosts that have activated a change, and those that have not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Confirmation {
    /// Ids of the hosts that have.
    pub confirmed: Vec<String>,
    /// The hosts that have not.
    pub unconfirmed: Vec<Unconfirmed>,
}

/// A host that has not activated a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unconfirmed {
    /// Id of the host.
    pub host: String,
    /// The reason, as far as it is known.
    pub why: String,
}
