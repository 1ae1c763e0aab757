//! Waiting until hosts work on a revision of the configuration.
//!
//! Guarantee: the result names each live host, either as one that confirmed or with the reason why it did not.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::hosts::{HostReport, live_hosts};
use vconduit_store::{Store, StoreError};

/// Time that hosts have to confirm. A Rust link takes a third of a second; a large Python one that a host has not seen yet compiles for
/// 10 s and more, and is active there a little later.
pub const CONFIRM: Duration = Duration::from_secs(10);
/// Pause between two looks at the reports of hosts.
const LOOK: Duration = Duration::from_millis(25);

/// The hosts that have taken a change up, and those that have not.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Confirmation {
    /// Ids of the hosts that have.
    pub confirmed: Vec<String>,
    /// The hosts that have not.
    pub unconfirmed: Vec<Unconfirmed>,
}

/// A host that has not taken a change up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unconfirmed {
    /// Its id.
    pub host: String,
    /// The reason, as far as it is known.
    pub why: String,
}

/// Waits until every live host works on this revision of the configuration or a later one, or has refused it.
///
/// # Errors
/// When the store is unavailable.
pub async fn confirm(store: &dyn Store, revision: u64) -> Result<Confirmation, StoreError> {
    let end = Instant::now() + CONFIRM;
    loop {
        let hosts = live_hosts(store).await?;
        let (confirmed, waiting): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|host| host.revision >= revision);
        let refused = waiting.iter().all(|host| has_refused(host, revision));
        if refused || Instant::now() >= end {
            return Ok(Confirmation {
                confirmed: confirmed.into_iter().map(|host| host.id).collect(),
                unconfirmed: waiting.into_iter().map(|host| unconfirmed(host, revision)).collect(),
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn has_refused(host: &HostReport, revision: u64) -> bool {
    host.problem
        .as_ref()
        .is_some_and(|problem| problem.revision >= revision)
}

fn unconfirmed(host: HostReport, revision: u64) -> Unconfirmed {
    let why = match &host.problem {
        Some(problem) if problem.revision >= revision => problem.reason.clone(),
        _ => format!(
            "it has not taken revision {revision} up within {} s (it works on {}); it will when it has compiled it",
            CONFIRM.as_secs(),
            host.revision
        ),
    };
    Unconfirmed { host: host.id, why }
}
