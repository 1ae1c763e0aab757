//! Putting a version in force, on every host.
//!
//! Guarantee: hosts take a version up only when it is compiled and linked there; what runs meanwhile ends on the version it began with.
//! The answer says which hosts run it and which do not.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{Audited, LinkError, Links};
use crate::events::{Event, LinkEvent};
use crate::hosts::{HostReport, live_hosts};
use crate::names::{Digest, LinkName};
use crate::store::StoreError;

/// How long hosts have to confirm. A Rust link takes a third of a second; a large Python one that a host has not seen yet compiles for
/// 10 s and more, and is in force there a little later.
pub const CONFIRM: Duration = Duration::from_secs(10);
/// Between two looks at what hosts say.
const LOOK: Duration = Duration::from_millis(25);

/// Which hosts have taken a change up.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Confirmation {
    /// Those that have, by id.
    pub confirmed: Vec<String>,
    /// Those that have not.
    pub unconfirmed: Vec<Unconfirmed>,
}

/// A host that has not taken a change up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unconfirmed {
    /// Its id.
    pub host: String,
    /// Why, as far as it is known.
    pub why: String,
}

/// A change of the version in force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Switched {
    /// The link.
    #[schema(value_type = String)]
    pub name: LinkName,
    /// The version in force; null: the configuration's own component.
    #[schema(value_type = Option<String>)]
    pub active: Option<Digest>,
    /// The version before.
    #[schema(value_type = Option<String>)]
    pub previous: Option<Digest>,
    /// The revision of the configuration.
    pub revision: u64,
    /// Which hosts run it.
    #[serde(flatten)]
    pub confirmation: Confirmation,
}

impl Links {
    /// Puts a version in force.
    ///
    /// # Errors
    /// It is not there, held, or would not run with the link's options.
    pub async fn activate(
        &self,
        link: &LinkName,
        wanted: &str,
        by: &str,
        audited: Audited<'_>,
    ) -> Result<Switched, LinkError> {
        let changed = self.change(link, audited, |record, _| {
            let previous = record.active.clone();
            let digest = record.find(wanted)?.digest.clone();
            record.activate(&digest)?;
            Ok((previous, Some(digest)))
        });
        let ((previous, active), revision) = changed.await?;
        self.switched(link, previous, active, revision, by).await
    }

    /// Goes back to what was in force before.
    ///
    /// # Errors
    /// There is nothing to go back to, or it would not run.
    pub async fn roll_back(&self, link: &LinkName, by: &str, audited: Audited<'_>) -> Result<Switched, LinkError> {
        let changed = self.change(link, audited, |record, before| {
            let previous = record.active.clone();
            record.roll_back(before.configured())?;
            Ok((previous, record.active.clone()))
        });
        let ((previous, active), revision) = changed.await?;
        self.switched(link, previous, active, revision, by).await
    }

    async fn switched(
        &self,
        link: &LinkName,
        previous: Option<Digest>,
        active: Option<Digest>,
        revision: u64,
        by: &str,
    ) -> Result<Switched, LinkError> {
        self.events.tell(|| {
            Event::LinkActivated(LinkEvent {
                link: link.clone(),
                version: active.clone(),
                by: by.to_owned(),
            })
        });
        Ok(Switched {
            name: link.clone(),
            active,
            previous,
            revision,
            confirmation: self.confirm(revision).await?,
        })
    }

    /// Waits until every live host works on this revision of the configuration or a later one.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn confirm(&self, revision: u64) -> Result<Confirmation, StoreError> {
        let end = Instant::now() + CONFIRM;
        loop {
            let hosts = live_hosts(self.store.as_ref()).await?;
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
