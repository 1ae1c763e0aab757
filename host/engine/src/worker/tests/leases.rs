//! Hosts that lose contact with the store: they begin nothing outside that another host may begin
//! too, and no run is repeated because of a pause.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::*;
use crate::events::Event;
use vconduit_storage::{Abilities, Saved, StorageError};
use vconduit_store::EntryRecovery as _;
use vconduit_store::redis::{RedisStore, RedisStoreOptions};

/// Short, for tests in which a lease has to run out, and long enough that a slow machine renews it.
const SHORT: Duration = Duration::from_millis(1_500);

/// A storage whose saves wait until the test lets them end.
#[derive(Default)]
pub(super) struct Gate {
    /// Ids of all saves that have begun.
    pub begun: Mutex<Vec<String>>,
    /// Number of saves that were cut off.
    cut_off: AtomicUsize,
    changed: Notify,
    /// One permit for each save that may end.
    ends: Option<Semaphore>,
}

struct Save<'a>(&'a Gate, bool);

impl Drop for Save<'_> {
    fn drop(&mut self) {
        self.0.cut_off.fetch_add(usize::from(!self.1), Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

impl Gate {
    pub(super) fn closed() -> Arc<Self> {
        Arc::new(Self {
            ends: Some(Semaphore::new(0)),
            ..Self::default()
        })
    }

    pub(super) fn let_end(&self, saves: usize) {
        self.ends.as_ref().unwrap().add_permits(saves);
    }

    pub(super) fn begun(&self) -> usize {
        self.begun.lock().unwrap().len()
    }

    /// Waits until this holds.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < end, "{what} has not happened");
            let _ = tokio::time::timeout(Duration::from_millis(50), self.changed.notified()).await;
        }
    }
}

#[async_trait]
impl Storage for Gate {
    fn abilities(&self) -> Abilities {
        Abilities {
            read: false,
            delete: false,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<(), StorageError> {
        let mut save = Save(self, false);
        self.begun.lock().unwrap().push(saved.id.to_string());
        self.changed.notify_waiters();
        if let Some(ends) = &self.ends {
            ends.acquire().await.unwrap().forget();
        }
        save.1 = true;
        Ok(())
    }

    async fn get(&self, _id: &VconId) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    async fn delete(&self, _id: &VconId) -> Result<bool, StorageError> {
        Ok(false)
    }
}

pub(super) fn start(place: &Place) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    (stop.clone(), tokio::spawn(place.worker.clone().run(stop)))
}

pub(super) async fn until_out_has(place: &Place, depth: u64) {
    let end = Instant::now() + PATIENCE;
    while place.faulty.real().depth(&list("out")).await.unwrap() < depth {
        assert!(Instant::now() < end, "`out` has not got {depth} entries");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A host that has lost its contact to the store while it saved.
struct CutOff {
    place: Place,
    gate: Arc<Gate>,
    stop: CancellationToken,
    worker: JoinHandle<()>,
}

/// Loses the contact in the middle of the save of `a`, and waits until the save is cut off.
async fn cut_off_in_a_save(folder: &Path) -> CutOff {
    let gate = Gate::closed();
    let options = PlaceOptions {
        lease: SHORT,
        storage: Some(gate.clone()),
        ..PlaceOptions::default()
    };
    let place = Place::with(folder, options);
    put(&place, "in", &["a"]).await;
    let (stop, worker) = start(&place);
    gate.until("a save", |gate| gate.begun() == 1).await;
    place.faulty.fail_all(Fault::Unavailable);
    gate.until("the end of the save", |gate| gate.cut_off.load(Ordering::SeqCst) == 1)
        .await;
    CutOff {
        place,
        gate,
        stop,
        worker,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_without_contact_cuts_its_saves_off_and_begins_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let CutOff {
        place,
        gate,
        stop,
        worker,
    } = cut_off_in_a_save(folder.path()).await;
    // Another host gets the entry and saves.
    let store = place.faulty.real();
    let held = store.claims(&list("in")).await.unwrap().remove(0).1;
    store.renew(&list("in"), &[held.id], Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let reaped = store.reap(&list("in"), 5, Duration::ZERO).await.unwrap();
    assert_eq!(reaped.returned, ids(&["a"]));
    let other = HostId::new("other").unwrap();
    let theirs = store.claim(&list("in"), &other, 1, LEASE).await.unwrap().remove(0);
    assert_eq!(theirs.lost_leases, 1);
    // The first host is back, and learns that it has lost the claim.
    gate.let_end(10);
    place.faulty.mend();
    let end = Instant::now() + PATIENCE;
    while place.worker.in_flight() > 0 {
        assert!(Instant::now() < end, "the run goes on without its claim");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(gate.begun(), 1, "a save began without the claim");
    assert_eq!(store.depth(&list("out")).await.unwrap(), 0);
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_continues_after_an_outage_in_which_nobody_took_its_claim() {
    let folder = tempfile::tempdir().unwrap();
    let CutOff {
        place,
        gate,
        stop,
        worker,
    } = cut_off_in_a_save(folder.path()).await;
    gate.let_end(10);
    place.faulty.mend();
    until_out_has(&place, 1).await;
    assert_eq!(place.runs(), 1, "the run was repeated");
    assert_eq!(gate.begun(), 2, "the save that was cut off begins again");
    stop.cancel();
    worker.await.unwrap();
}

/// The process was paused: its leases have run out, and the timers of all its tasks are due.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_renews_its_own_claims_before_it_reaps_after_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let lease = Duration::from_secs(20);
    let options = PlaceOptions {
        lease,
        ..PlaceOptions::default()
    };
    let place = Place::with(folder.path(), options);
    put(&place, "in", &["a"]).await;
    let store = place.faulty.real();
    let host = HostId::new("h").unwrap();
    let claim = store
        .claim(&list("in"), &host, 1, Duration::ZERO)
        .await
        .unwrap()
        .remove(0);
    store
        .begin(&list("in"), std::slice::from_ref(&claim.id), Duration::ZERO)
        .await
        .unwrap();
    let hold = ClaimHold::new(tokio::time::Instant::now() - lease, lease);
    let lease_of_run = place.worker.leases.add(&claim, &hold);
    assert!(!hold.is_held());
    place.worker.leases.renewed_at(tokio::time::Instant::now() - lease);
    tokio::time::sleep(Duration::from_millis(5)).await;
    place.worker.reap_once().await;
    let claims = store.claims(&list("in")).await.unwrap();
    assert_eq!(claims.len(), 1, "the host has taken its own claim away");
    assert!(hold.is_held(), "it was renewed");
    drop(lease_of_run);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_can_not_renew_takes_no_claims_away() {
    let folder = tempfile::tempdir().unwrap();
    let lease = Duration::from_secs(20);
    let options = PlaceOptions {
        lease,
        ..PlaceOptions::default()
    };
    let place = Place::with(folder.path(), options);
    put(&place, "in", &["a", "b"]).await;
    let store = place.faulty.real();
    let host = HostId::new("h").unwrap();
    let claims = store.claim(&list("in"), &host, 2, Duration::ZERO).await.unwrap();
    let hold = ClaimHold::new(tokio::time::Instant::now(), lease);
    let own = place.worker.leases.add(&claims[0], &hold);
    tokio::time::sleep(Duration::from_millis(5)).await;
    place.worker.leases.renewed_at(tokio::time::Instant::now() - lease);
    place.faulty.fail("renew", Fault::Unavailable);
    place.worker.reap_once().await;
    assert_eq!(place.faulty.calls("reap"), 0);
    place.faulty.mend();
    place.worker.reap_once().await;
    assert_eq!(
        store.claims(&list("in")).await.unwrap().len(),
        1,
        "that of the dead worker"
    );
    drop(own);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_has_just_ended_is_not_reported_as_lost() {
    let folder = tempfile::tempdir().unwrap();
    let options = PlaceOptions {
        lease: SHORT,
        ..PlaceOptions::default()
    };
    let place = Place::with(folder.path(), options);
    let mut events = place.events.listen();
    let reply = Arc::new(Semaphore::new(0));
    let arrives = reply.clone();
    place.faulty.after_next("finish", async move {
        arrives.acquire().await.unwrap().forget();
    });
    put(&place, "in", &["a"]).await;
    let (stop, worker) = start(&place);
    until_out_has(&place, 1).await;
    // These renewals find no claim, because the run has ended it.
    tokio::time::timeout(PATIENCE, place.faulty.until_called("renew", 2))
        .await
        .expect("renewals go on until the run has ended");
    reply.add_permits(1);
    let finished = async { while !matches!(events.recv().await.unwrap().event, Event::VconFinished(_)) {} };
    tokio::time::timeout(Duration::from_secs(10), finished)
        .await
        .expect("the run finished, but nobody was told");
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_whose_run_can_not_be_begun_is_given_back_and_has_lost_no_lease() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::with(folder.path(), PlaceOptions::default());
    put(&place, "in", &["a"]).await;
    place.faulty.fail("begin", Fault::Unavailable);
    let (stop, worker) = start(&place);
    tokio::time::timeout(PATIENCE, place.faulty.until_called("hand_back", 1))
        .await
        .expect("the entry is given back");
    assert_eq!(
        place.runs(),
        0,
        "it ran although its worker's death would not have counted"
    );
    place.faulty.mend();
    until_out_has(&place, 1).await;
    stop.cancel();
    worker.await.unwrap();
}

/// A redis-server that can be paused. Dropping it stops it.
struct PausableRedis(Child, u16);

impl PausableRedis {
    async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is needed for this test");
        let end = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "redis-server does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self(child, port)
    }

    async fn connect(&self) -> RedisStore {
        let lifetimes = Settings::from_env(&|_| None).unwrap().lifetimes;
        let url = format!("redis://127.0.0.1:{}/", self.1);
        RedisStore::connect(&url, RedisStoreOptions::new(lifetimes))
            .await
            .unwrap()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for PausableRedis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes this number of runs wait before their last step. Returns a permit for each that may go on.
fn hold_finishes(place: &Place, runs: usize) -> Arc<Semaphore> {
    let ends = Arc::new(Semaphore::new(0));
    for _ in 0..runs {
        let ends = ends.clone();
        place.faulty.before_next("finish", async move {
            ends.acquire().await.unwrap().forget();
        });
    }
    ends
}

/// The time of the pause is to a lease as 35 s are to 30 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_of_redis_that_is_longer_than_a_lease_repeats_none_of_500_runs() {
    const RUNS: usize = 500;
    let lease = Duration::from_secs(6);
    let redis = PausableRedis::start().await;
    let folder = tempfile::tempdir().unwrap();
    let options = PlaceOptions {
        concurrency: RUNS,
        lease,
        ..PlaceOptions::default()
    };
    let faulty = FaultyStore::over(redis.connect().await);
    let place = Place::over(faulty, folder.path(), options);
    let other_host = redis.connect().await;
    let names: Vec<String> = (0..RUNS).map(|i| format!("v{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ends = hold_finishes(&place, RUNS);
    put(&place, "in", &names).await;
    let (stop, worker) = start(&place);
    let end = Instant::now() + PATIENCE;
    while place.faulty.calls("finish") < RUNS {
        assert!(Instant::now() < end, "the runs have not begun");
        // Regular rounds, so that the pause is what breaks the contact.
        other_host.reap(&list("in"), 5, lease).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    redis.signal("-STOP");
    place.faulty.fail("renew", Fault::Unavailable);
    tokio::time::sleep(lease * 35 / 30).await;
    redis.signal("-CONT");
    // The first host that is back reaps before the other has renewed.
    let reaped = loop {
        if let Ok(reaped) = other_host.reap(&list("in"), 5, lease).await {
            break reaped;
        }
    };
    assert!(
        reaped.returned.is_empty(),
        "{} runs were taken away",
        reaped.returned.len()
    );
    place.faulty.fail_nothing("renew");
    ends.add_permits(RUNS);
    while place.faulty.real().depth(&list("out")).await.unwrap() < RUNS as u64 {
        assert!(Instant::now() < end + PATIENCE, "the runs have not ended");
        let reaped = other_host.reap(&list("in"), 5, lease).await.unwrap();
        assert!(
            reaped.returned.is_empty(),
            "{} runs were taken away",
            reaped.returned.len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(place.runs(), RUNS, "runs were repeated");
    stop.cancel();
    worker.await.unwrap();
    assert_eq!(place.faulty.real().depth(&list("out")).await.unwrap(), RUNS as u64);
}
