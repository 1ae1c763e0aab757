//! The hosts that work on this store, and the state of each.
//!
//! Guarantee: the report of a live host is at most a second old. A new configuration is reported at
//! once. If a host could not activate a configuration, its report has the revision and the reason.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::snapshot::Live;
use vconduit_admin_types::{HostProblem, HostReport};
use vconduit_base::ConfigRevision;
use vconduit_base::clock::now_ms;
use vconduit_base::names::HostId;
use vconduit_store::{Store, StoreError};

/// Between two reports.
const EVERY: Duration = Duration::from_secs(1);
/// Lifetime of a report: a host that misses four in a row is gone.
const LIFETIME: Duration = Duration::from_secs(5);
/// Time that a stop waits to delete its report. Otherwise the report expires by itself.
const GOODBYE: Duration = Duration::from_secs(1);

/// Result of the last configuration: set at each activation, and read by the heartbeat.
pub struct Standing(watch::Sender<Option<HostProblem>>);

impl Default for Standing {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Standing {
    /// A configuration is active.
    pub fn activated(&self) {
        self.0.send_replace(None);
    }

    /// Receives each result from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<HostProblem>> {
        self.0.subscribe()
    }

    /// A configuration can't run here. The one before stays active.
    pub fn refused(&self, revision: ConfigRevision, reason: String) {
        self.0.send_replace(Some(HostProblem { revision, reason }));
    }
}

/// The constant parts of a host's reports, and the sources of the others.
pub struct Heartbeat {
    /// The host.
    pub id: HostId,
    /// Address that it listens on.
    pub address: SocketAddr,
    /// Its roles.
    pub roles: Vec<String>,
    /// Its active configuration.
    pub live: Live,
    /// Result of the last configuration.
    pub standing: Arc<Standing>,
    /// vCons in work now.
    pub in_flight: Box<dyn Fn() -> usize + Send + Sync>,
}

impl Heartbeat {
    /// Reports until `stop` is set, then deletes the report.
    pub fn run(self, store: Arc<dyn Store>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        // Boxed, so that its code is generated in this crate and not again in each that awaits it.
        self.report_until(store, stop).boxed()
    }

    async fn report_until(self, store: Arc<dyn Store>, stop: CancellationToken) {
        let started_at_ms = now_ms();
        let mut changes = self.standing.changes();
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
                // The sender is in `self`: it does not go away.
                _ = changes.changed() => {}
            }
            self.announce(store.as_ref(), started_at_ms).await;
        }
        if !matches!(
            tokio::time::timeout(GOODBYE, store.withdraw(&self.id)).await,
            Ok(Ok(()))
        ) {
            tracing::debug!("the store did not hear that this host is gone; its report runs out");
        }
    }

    async fn announce(&self, store: &dyn Store, started_at_ms: u64) {
        let report = serde_json::to_string(&self.report(started_at_ms)).unwrap_or_default();
        if let Err(error) = store.announce(&self.id, &report, LIFETIME).await {
            tracing::debug!(%error, "this host was not announced");
        }
    }

    fn report(&self, started_at_ms: u64) -> HostReport {
        let problem = self.standing.0.borrow().clone();
        let snapshot = self.live.load();
        let links = snapshot.links.iter();
        HostReport {
            id: self.id.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: self.address.to_string(),
            roles: self.roles.clone(),
            started_at_ms,
            in_flight: (self.in_flight)(),
            revision: snapshot.revision,
            links: links
                .map(|(name, ready)| (name.clone(), ready.component.digest.clone()))
                .collect(),
            problem,
        }
    }
}

/// Returns the live hosts by id. A host whose report can't be read is among them, with that as its
/// problem.
///
/// # Errors
/// When the store is unavailable or refuses.
pub async fn live_hosts(store: &dyn Store) -> Result<Vec<HostReport>, StoreError> {
    let hosts = store.hosts().await?;
    Ok(hosts
        .into_iter()
        .map(|(id, report)| {
            let mut report: HostReport = serde_json::from_str(&report).unwrap_or_else(|error| HostReport {
                problem: Some(HostProblem {
                    revision: ConfigRevision::NONE,
                    reason: format!("its report can't be read ({error}); it may be of another version"),
                }),
                ..HostReport::default()
            });
            report.id = id.to_string();
            report
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use arc_swap::ArcSwap;

    use super::*;
    use crate::snapshot::Snapshot;
    use vconduit_config::Settings;
    use vconduit_store::HostStore as _;
    use vconduit_store::sqlite::SqliteStore;

    const SOON: Duration = Duration::from_secs(20);

    fn store() -> (tempfile::TempDir, Arc<SqliteStore>) {
        let folder = tempfile::tempdir().unwrap();
        let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
        let store = SqliteStore::open(folder.path(), lifetimes).unwrap();
        (folder, Arc::new(store))
    }

    async fn until(store: &SqliteStore, seen: impl Fn(&[HostReport]) -> bool) -> Vec<HostReport> {
        let looking = async {
            loop {
                let hosts = live_hosts(store).await.unwrap();
                if seen(&hosts) {
                    return hosts;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, looking).await.unwrap()
    }

    #[tokio::test]
    async fn a_host_is_there_with_what_it_stands_on_until_it_stops() {
        let (_folder, store) = store();
        let live: Live = Arc::new(ArcSwap::from_pointee(Snapshot::default()));
        let standing = Arc::new(Standing::default());
        let heartbeat = Heartbeat {
            id: HostId::new("h1").unwrap(),
            address: ([127, 0, 0, 1], 8000).into(),
            roles: vec!["api".to_owned()],
            live: live.clone(),
            standing: standing.clone(),
            in_flight: Box::new(|| 3),
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(heartbeat.run(store.clone(), stop.clone()));
        let hosts = until(&store, |hosts| !hosts.is_empty()).await;
        assert_eq!(
            (hosts[0].id.as_str(), hosts[0].revision, hosts[0].in_flight),
            ("h1", ConfigRevision::NONE, 3)
        );
        standing.refused(8.into(), "link x: it does not compile".to_owned());
        let hosts = until(&store, |hosts| hosts[0].problem.is_some()).await;
        assert_eq!(hosts[0].problem.as_ref().unwrap().revision.number(), 8);
        live.store(Arc::new(Snapshot {
            revision: 9.into(),
            ..Snapshot::default()
        }));
        standing.activated();
        let hosts = until(&store, |hosts| hosts[0].revision.number() == 9).await;
        assert_eq!(hosts[0].problem, None);
        stop.cancel();
        running.await.unwrap();
        assert_eq!(live_hosts(store.as_ref()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_host_whose_report_cannot_be_read_is_not_overlooked() {
        let (_folder, store) = store();
        let id = HostId::new("h2").unwrap();
        store.announce(&id, "not JSON", SOON).await.unwrap();
        let hosts = live_hosts(store.as_ref()).await.unwrap();
        assert_eq!((hosts[0].id.as_str(), hosts[0].revision), ("h2", ConfigRevision::NONE));
        assert!(hosts[0].problem.is_some());
    }
}
