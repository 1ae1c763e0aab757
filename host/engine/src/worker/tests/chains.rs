//! Chains share a host: a slow one leaves permits to the others, and a host may run some of them
//! only.

use super::leases::{Gate, start, until_out_has};
use super::*;

const PERMITS: usize = 8;

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{prefix}{i}")).collect()
}

async fn put_many(place: &Place, list: &str, count: usize) {
    let names = names(list, count);
    put(place, list, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

/// Runs a slow chain and, if `beside`, a fast one. Every run of the slow chain waits for the test.
/// `expected` of them are in work when the fast chain has done all its work.
async fn slow_runs(slow: Chain, beside: bool, expected: usize) {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::closed();
    let mut chains = vec![("slow", slow)];
    if beside {
        chains.push(("fast", chain("quick")));
    }
    let options = PlaceOptions {
        concurrency: PERMITS,
        storage: Some(gate.clone()),
        chains,
        ..PlaceOptions::default()
    };
    let place = Place::with(folder.path(), options);
    put_many(&place, "long", 3 * PERMITS).await;
    let (stop, worker) = start(&place);
    gate.until("the work of the slow chain", |gate| gate.begun() == expected)
        .await;
    if beside {
        put_many(&place, "quick", 100).await;
        until_out_has(&place, 100).await;
    }
    assert_eq!(gate.begun(), expected, "runs of the slow chain at once");
    gate.let_end(3 * PERMITS);
    until_out_has(&place, 3 * PERMITS as u64 + if beside { 100 } else { 0 }).await;
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_chain_takes_half_of_the_permits_and_leaves_the_others_to_a_fast_one() {
    slow_runs(chain("long"), true, PERMITS / 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_has_as_many_runs_as_its_concurrency_says() {
    for (concurrency, expected) in [(1, 1), (7, 7)] {
        let slow = Chain {
            concurrency: Some(concurrency),
            ..chain("long")
        };
        slow_runs(slow, true, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_alone_takes_all_permits() {
    slow_runs(chain("long"), false, PERMITS).await;
    let slow = Chain {
        concurrency: Some(100),
        ..chain("long")
    };
    slow_runs(slow, false, PERMITS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_runs_only_the_chains_that_it_is_for_also_those_that_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let options = |chains| PlaceOptions {
        served: &["late", "named"],
        chains,
        ..PlaceOptions::default()
    };
    let first = vec![("main", chain("in")), ("named", chain("named_in"))];
    let place = Place::with(folder.path(), options(first.clone()));
    for list in ["in", "named_in", "late_in"] {
        put(&place, list, &[list]).await;
    }
    let (stop, worker) = start(&place);
    until_out_has(&place, 1).await;
    let with_late = [first, vec![("late", chain("late_in"))]].concat();
    let snapshot = options(with_late).snapshot();
    place.worker.live.store(Arc::new(snapshot));
    until_out_has(&place, 2).await;
    assert_eq!(place.entries("out").await, ["named_in", "late_in"]);
    assert_eq!(place.entries("in").await, ["in"], "a vCon of a chain of other hosts");
    stop.cancel();
    worker.await.unwrap();
}
