//! Waits until hosts have activated a revision of the configuration.
//!
//! Guarantee: the result names each live host, either as confirmed or with the reason why it did
//! not confirm.

use std::time::Duration;

use tokio::time::Instant;

use crate::hosts::live_hosts;
use vconduit_admin_types::{Confirmation, HostReport, Unconfirmed};
use vconduit_base::ConfigRevision;
use vconduit_store::{Store, StoreError};

/// Time that hosts have to confirm. A Rust link takes a third of a second. A large Python link that
/// a host has not compiled yet takes 10 s or more, and becomes active there a little later.
pub const CONFIRM: Duration = Duration::from_secs(10);
/// Pause between two looks at the reports of hosts.
const LOOK: Duration = Duration::from_millis(25);

/// Waits until every live host has activated this revision of the configuration or a later one, or
/// has refused it. Revisions have no order: a later one is one that the store has meanwhile.
///
/// # Errors
/// When the store is unavailable.
pub async fn confirm(store: &dyn Store, revision: ConfigRevision) -> Result<Confirmation, StoreError> {
    let end = Instant::now() + CONFIRM;
    let mut wanted = vec![revision];
    loop {
        let current = store.config_revision().await?;
        if !wanted.contains(&current) && !current.is_none() {
            wanted.push(current);
        }
        let hosts = live_hosts(store).await?;
        let (confirmed, waiting): (Vec<_>, Vec<_>) =
            hosts.into_iter().partition(|host| wanted.contains(&host.revision));
        let refused = waiting.iter().all(|host| has_refused(host, &wanted));
        if refused || Instant::now() >= end {
            return Ok(Confirmation {
                confirmed: confirmed.into_iter().map(|host| host.id).collect(),
                unconfirmed: waiting.into_iter().map(|host| unconfirmed(host, &wanted)).collect(),
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn has_refused(host: &HostReport, wanted: &[ConfigRevision]) -> bool {
    host.problem
        .as_ref()
        .is_some_and(|problem| wanted.contains(&problem.revision))
}

fn unconfirmed(host: HostReport, wanted: &[ConfigRevision]) -> Unconfirmed {
    let why = match &host.problem {
        Some(problem) if wanted.contains(&problem.revision) => problem.reason.clone(),
        _ => format!(
            "it has not taken the change up within {} s (it works on revision {}); it will when it has compiled it",
            CONFIRM.as_secs(),
            host.revision
        ),
    };
    Unconfirmed { host: host.id, why }
}
