//! Tests of where long calls run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// Uses one millisecond of CPU time a slice, however busy the machine is.
async fn spin(slices: u32) -> String {
    for _ in 0..slices {
        let begun = thread_time();
        while thread_time().saturating_sub(begun) < Duration::from_millis(1) {}
        tokio::task::yield_now().await;
    }
    thread()
}

#[tokio::test]
async fn a_short_call_stays_and_a_long_call_moves() {
    let long = LongCalls::start().unwrap();
    assert_eq!(long.run(spin(2), false).await.unwrap(), thread(), "a short call moved");
    assert_eq!(
        long.run(spin(60), false).await.unwrap(),
        "long-links",
        "a long call stayed"
    );
    assert_eq!(
        long.run(spin(2), true).await.unwrap(),
        "long-links",
        "a low-priority call started elsewhere"
    );
}

#[tokio::test]
async fn a_call_that_waits_is_not_long() {
    let long = LongCalls::start().unwrap();
    let waits = async {
        tokio::time::sleep(MAYBE_LONG * 3).await;
        thread()
    };
    assert_eq!(long.run(waits, false).await.unwrap(), thread());
}

#[tokio::test]
async fn threads_of_long_calls_have_low_priority() {
    let long = LongCalls::start().unwrap();
    // Field 19 of `stat` is the niceness. The name before it, in brackets, may contain
    // anything.
    let niceness = async {
        spin(60).await;
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        fields.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
    };
    let (own, theirs) = (
        rustix::process::nice(0).unwrap(),
        long.run(niceness, false).await.unwrap(),
    );
    assert!(
        theirs > own,
        "the niceness {theirs} of a long call is not above {own}, that of others"
    );
}

#[tokio::test]
async fn a_long_call_ends_with_its_caller() {
    let long = LongCalls::start().unwrap();
    let turns = Arc::new(AtomicU64::new(0));
    let theirs = turns.clone();
    let endless = async move {
        loop {
            theirs.fetch_add(1, Ordering::Relaxed);
            spin(1).await;
        }
    };
    let timed_out = tokio::time::timeout(MAYBE_LONG * 3, long.run(endless, false)).await;
    assert!(timed_out.is_err(), "an endless call ended");
    // A poll in progress ends by itself.
    let mut rested = 0;
    for _ in 0..500 {
        let then = turns.load(Ordering::Relaxed);
        tokio::time::sleep(MAYBE_LONG).await;
        rested = if turns.load(Ordering::Relaxed) == then {
            rested + 1
        } else {
            0
        };
        if rested == 5 {
            return;
        }
    }
    panic!("the call runs on although its caller stopped waiting");
}

#[tokio::test]
async fn a_panic_in_a_long_call_is_an_error() {
    let long = LongCalls::start().unwrap();
    let panics = async {
        spin(60).await;
        panic!("as a bug would");
    };
    assert!(long.run(panics, false).await.is_err());
}
