//! A vCon that kills its host, and the vCons that were in work beside it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::leases::{Gate, start};
use super::*;
use vconduit_storage::{Abilities, Saved, StorageError};

const CULPRIT: &str = "bad";

/// A save of the culprit kills the host. The others are slow enough to be in work by then.
#[derive(Default)]
struct Killer {
    /// Saves in progress on this host.
    in_progress: Mutex<BTreeSet<String>>,
    crashed: Notify,
}

#[async_trait]
impl Storage for Killer {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: false,
            delete: false,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let id = saved.id.to_string();
        self.in_progress.lock().unwrap().insert(id.clone());
        if id == CULPRIT {
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        if self.in_progress.lock().unwrap().contains(CULPRIT) {
            std::future::pending::<()>().await;
        }
        self.in_progress.lock().unwrap().remove(&id);
        Ok(())
    }

    async fn get(&self, _id: &VconId) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    async fn delete(&self, _id: &VconId) -> Result<bool, StorageError> {
        Ok(false)
    }
}

/// Runs a host until it is killed or there is no work. Returns true if it was killed. Nothing of a
/// killed host is in progress any more, and its leases have run out.
async fn run_host(faulty: &Arc<FaultyStore>, folder: &Path) -> bool {
    let killer = Arc::new(Killer::default());
    let options = PlaceOptions {
        concurrency: 16,
        storage: Some(killer.clone()),
        ..PlaceOptions::default()
    };
    let place = Place::over(faulty.clone(), folder, options);
    let process = Runtime::new().unwrap();
    let worker = place.worker.clone();
    let stop = CancellationToken::new();
    let host = process.spawn(worker.run(stop.clone()));
    let idle = async {
        let store = faulty.real();
        while store.depth(&list("in")).await.unwrap() > 0 || !store.claims(&list("in")).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let killed = tokio::select! {
        () = killer.crashed.notified() => true,
        () = idle => false,
    };
    if !killed {
        stop.cancel();
        host.await.unwrap();
    }
    // Drops all tasks where they are. Not on this thread, which is one of another runtime.
    tokio::task::spawn_blocking(move || drop(process)).await.unwrap();
    let left = faulty.real().claims(&list("in")).await.unwrap();
    let left: Vec<_> = left.into_iter().map(|(_, claim)| claim.id).collect();
    faulty.real().renew(&list("in"), &left, Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    faulty.real().reap(&list("in"), 5, Duration::ZERO).await.unwrap();
    killed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vcon_that_kills_its_hosts_becomes_a_dead_letter_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
    let faulty = FaultyStore::over(SqliteStore::open(folder.path(), lifetimes).unwrap());
    let place = Place::over(faulty.clone(), folder.path(), PlaceOptions::default());
    let neighbours = ["a", "b", "c", "d", "e", "f", "g", "h"];
    put(&place, "in", &neighbours[..4]).await;
    put(&place, "in", &[CULPRIT]).await;
    put(&place, "in", &neighbours[4..]).await;
    let mut kills = 0;
    while run_host(&faulty, folder.path()).await {
        kills += 1;
        // Fresh ones, which run beside the entries that have lost a lease.
        put(&place, "in", &[["v", "w", "x", "y", "z"][kills - 1]]).await;
    }
    assert_eq!(dead(&place).await, [(CULPRIT.to_owned(), "lost-lease".to_owned())]);
    assert_eq!(kills, 5, "five hosts for one vCon");
    let mut out = place.entries("out").await;
    out.sort();
    assert_eq!(out, ["a", "b", "c", "d", "e", "f", "g", "h", "v", "w", "x", "y", "z"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_wait_for_their_turn_block_no_others_and_go_back_at_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::closed();
    let options = PlaceOptions {
        concurrency: 2,
        storage: Some(gate.clone()),
        ..PlaceOptions::default()
    };
    let place = Place::with(folder.path(), options);
    let suspects = ["a", "b", "c", "d"];
    put(&place, "in", &suspects).await;
    let store = place.faulty.real();
    let claims = store
        .claim(&list("in"), &HostId::random(), 4, Duration::ZERO)
        .await
        .unwrap();
    let names: Vec<_> = claims.iter().map(|claim| claim.id.clone()).collect();
    store.begin(&list("in"), &names, Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    store.reap(&list("in"), 5, Duration::ZERO).await.unwrap();
    put(&place, "in", &["fresh"]).await;
    let (stop, worker) = start(&place);
    gate.until("a save of each kind", |gate| gate.begun() == 2).await;
    let begun: BTreeSet<String> = gate.begun.lock().unwrap().iter().cloned().collect();
    let (alone, fresh): (Vec<_>, Vec<_>) = begun.iter().partition(|id| suspects.contains(&id.as_str()));
    assert_eq!((alone.len(), fresh.len()), (1, 1), "{begun:?}");
    stop.cancel();
    let end = Instant::now() + PATIENCE;
    while place.entries("in").await.len() < 3 {
        assert!(Instant::now() < end, "those that wait are not given back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    gate.let_end(2);
    worker.await.unwrap();
    assert!(!place.entries("in").await.contains(alone[0]), "its run was to end");
    // They have not begun, so each still has the one lost lease.
    let again = place
        .store
        .claim(&list("in"), &HostId::random(), 3, LEASE)
        .await
        .unwrap();
    assert!(again.iter().all(|claim| claim.lost_leases == 1));
}
