//! An id is at any moment in exactly one of: a list, a claim, parked, a dead-letter list, done.
//!
//! Several tasks make random steps at the same time, and each may lose its lease. Then the places
//! of all ids are counted. Exactly the documents with work before them have no lifetime.

use std::collections::HashMap;
use std::sync::Mutex;

use rand::{RngExt, SeedableRng};

use super::*;

on_both!(
    many_workers_lose_and_duplicate_no_entry,
    one_worker_loses_and_duplicates_no_entry
);

const VCONS: usize = 120;

struct Run {
    store: Arc<dyn Store>,
    done: Mutex<Vec<String>>,
}

impl Run {
    /// Makes one random step with a claim.
    async fn step(&self, claim: &Claim, choice: u32) {
        let store = &self.store;
        match choice {
            0..=3 => {
                if let Guarded::Done(_) = store
                    .finish(claim, &claim.vcon, None, &no_effects(), &[])
                    .await
                    .unwrap()
                {
                    self.done.lock().unwrap().push(claim.vcon.as_str().to_owned());
                }
            }
            4 => drop(store.fail(claim, &record("trap"), None).await.unwrap()),
            5 => drop(store.hand_back(claim).await.unwrap()),
            6 => drop(
                store
                    .park(claim, &at_link(1), None, &no_effects(), &list("people"), LEASE)
                    .await
                    .unwrap(),
            ),
            7 => drop(store.checkpoint(claim, &at_link(1), None, &no_effects()).await.unwrap()),
            // The worker stops without an end.
            _ => drop(
                store
                    .renew(&claim.list, std::slice::from_ref(&claim.id), Duration::ZERO)
                    .await
                    .unwrap(),
            ),
        }
    }

    async fn housekeeping(&self, choice: u32) {
        let q = list("q");
        match choice {
            0 => drop(self.store.reap(&q, 3, Duration::ZERO).await.unwrap()),
            1 => drop(self.store.resume(&q).await.unwrap()),
            2 => drop(self.store.reprocess(&q, 3).await.unwrap()),
            3 => {
                // The worker of handed-off vCons.
                for entry in self.store.pop_tail(&list("people"), 2).await.unwrap() {
                    self.store.push(&list("resume:q"), &[id(&entry)], None).await.unwrap();
                }
            }
            _ => {}
        }
    }

    async fn work(&self, seed: u64, steps: usize) {
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        for _ in 0..steps {
            for claim in self
                .store
                .claim(&list("q"), &host(), random.random_range(1..4), LEASE)
                .await
                .unwrap()
            {
                self.step(&claim, random.random_range(0..10)).await;
                // Sometimes a second step, which is too late.
                if random.random_range(0..4) == 0 {
                    self.step_late(&claim).await;
                }
            }
            self.housekeeping(random.random_range(0..6)).await;
        }
    }

    /// Makes a step of a worker that believes it still has the claim. On Redis a repeated step may
    /// return `Done`, so only `count` shows that it changed nothing twice.
    async fn step_late(&self, claim: &Claim) {
        let held = self
            .store
            .claims(&claim.list)
            .await
            .unwrap()
            .iter()
            .any(|(_, held)| held.id == claim.id);
        if !held {
            drop(self.store.fail(claim, &record("late"), None).await.unwrap());
        }
    }

    /// Ends all open claims and hand-offs, and counts the places of every id.
    async fn count(&self) -> HashMap<String, usize> {
        let q = list("q");
        // Brings back all vCons that were handed off.
        for entry in self.store.pop_tail(&list("people"), VCONS).await.unwrap() {
            self.store.push(&list("resume:q"), &[id(&entry)], None).await.unwrap();
        }
        let resumed = self.store.resume(&q).await.unwrap();
        assert!(resumed.dead.is_empty(), "no run waited for one of them");
        let open: Vec<_> = self
            .store
            .claims(&q)
            .await
            .unwrap()
            .into_iter()
            .map(|(_, claim)| claim.id)
            .collect();
        self.store.renew(&q, &open, Duration::ZERO).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.store.reap(&q, 3, Duration::ZERO).await.unwrap();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut seen = self.store.entries(&q, 0, u64::MAX).await.unwrap();
        seen.extend(self.store.entries(&q.dead_letters(), 0, u64::MAX).await.unwrap());
        seen.extend(self.done.lock().unwrap().iter().cloned());
        for id in seen {
            *places.entry(id).or_default() += 1;
        }
        places
    }
}

async fn run(fixture: &StoreFixture, tasks: u64, steps: usize) {
    let names: Vec<VconId> = (0..VCONS).map(|i| id(&format!("v{i}"))).collect();
    fixture.store.set_ingress(&[list("q")]).await.unwrap();
    for name in &names {
        fixture.put(name.as_str()).await;
    }
    fixture.store.push(&list("q"), &names, None).await.unwrap();
    let run = Arc::new(Run {
        store: fixture.store.clone(),
        done: Mutex::default(),
    });
    let tasks: Vec<_> = (0..tasks)
        .map(|seed| {
            let run = run.clone();
            tokio::spawn(async move { run.work(seed, steps).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let places = run.count().await;
    for name in &names {
        assert_eq!(places.get(name.as_str()), Some(&1), "{name} in {places:?}");
    }
    let waiting = fixture.entries("q").await;
    for name in &names {
        let is_protected = fixture.store.lifetime(name).await.unwrap() == Some(-1);
        let waits = waiting.iter().any(|entry| entry == name.as_str());
        assert_eq!(is_protected, waits, "{name} is protected exactly while it waits");
    }
}

async fn many_workers_lose_and_duplicate_no_entry(fixture: StoreFixture) {
    run(&fixture, 6, 60).await;
}

async fn one_worker_loses_and_duplicates_no_entry(fixture: StoreFixture) {
    run(&fixture, 1, 150).await;
}
