//! Code that means harm, or just behaves like it: each call ends with the right words, and its neighbours don't notice.

use std::time::{Duration, Instant};

use super::guests::{link, logger};
use super::support::{call, compiled, error, limits, lines, run, sandbox};
use crate::{CallError, Outcome};
use vconduit_policy::Limits;

#[tokio::test]
async fn a_link_that_does_nothing_goes_on() {
    let report = run(&compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await).await;
    assert_eq!(report.result, Ok(Outcome::Next));
    assert!(!report.reached_outside);
    assert!(report.usage.peak_memory_bytes >= 2 * 65536);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_ends_at_its_cpu_limit_and_its_neighbour_goes_on() {
    let spin = compiled(&link("", "(func $run (loop $again (br $again)))")).await;
    let fine = compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await;
    let spinning: Vec<_> = (0..2)
        .map(|_| {
            tokio::spawn({
                let call = call(&spin);
                async move { sandbox().call(call).await }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(run(&fine).await.result, Ok(Outcome::Next));
    assert!(
        spinning.iter().any(|spinning| !spinning.is_finished()),
        "the neighbour had to wait until the loops were ended"
    );
    for spinning in spinning {
        let report = spinning.await.unwrap();
        assert!(
            error(&report).contains("more than 200 ms of CPU time, the limit cpu_ms"),
            "{}",
            error(&report)
        );
        assert!(
            report.usage.cpu >= Duration::from_millis(200) && report.usage.cpu < Duration::from_millis(400),
            "{:?}",
            report.usage.cpu
        );
    }
}

#[tokio::test]
async fn the_chains_deadline_comes_before_the_links_own_limits() {
    let spin = compiled(&link("", "(func $run (loop $again (br $again)))")).await;
    let mut call = call(&spin);
    call.deadline = Some(Instant::now() + Duration::from_millis(50));
    let begun = Instant::now();
    let report = sandbox().call(call).await;
    assert_eq!(report.result, Err(CallError::ChainDeadline));
    assert!(begun.elapsed() < Duration::from_millis(190));
}

#[tokio::test]
async fn the_wall_clock_limit_has_its_own_words() {
    let spin = compiled(&link("", "(func $run (loop $again (br $again)))")).await;
    let mut call = call(&spin);
    call.limits = Limits {
        wall: Duration::from_millis(30),
        ..limits()
    };
    let report = sandbox().call(call).await;
    assert!(
        error(&report).contains("longer than 30 ms, the limit wall_ms"),
        "{}",
        error(&report)
    );
}

#[tokio::test]
async fn memory_without_end_ends_at_its_limit() {
    let report = run(&compiled(&link(
        "",
        "(func $run (loop $again (drop (memory.grow (i32.const 16))) (br $again)))",
    ))
    .await)
    .await;
    assert!(
        error(&report).contains("the limit memory_bytes is 16777216"),
        "{}",
        error(&report)
    );
    assert!(report.usage.peak_memory_bytes <= 16 * 1024 * 1024);
}

#[tokio::test]
async fn more_memory_than_allowed_from_the_start_is_refused_too() {
    let report = run(&compiled(
        &link("", r#"(func $run (call $answer (i32.const 0)))"#).replace("(memory 2)", "(memory 300)"),
    )
    .await)
    .await;
    assert!(error(&report).contains("memory_bytes"), "{}", error(&report));
}

#[tokio::test]
async fn recursion_without_end_is_a_crash_of_the_link_alone() {
    let report = run(&compiled(&link("", "(func $run (call $run) (call $run))")).await).await;
    assert!(
        error(&report).contains("the link crashed: wasm trap: call stack exhausted"),
        "{}",
        error(&report)
    );
}

#[tokio::test]
async fn a_trap_is_a_crash_of_the_link_alone() {
    let report = run(&compiled(&link("", "(func $run unreachable)")).await).await;
    assert!(
        error(&report).contains("the link crashed: wasm trap: wasm `unreachable` instruction executed"),
        "{}",
        error(&report)
    );
    assert_eq!(report.result.unwrap_err().class(), "trap");
}

#[tokio::test]
async fn an_answer_that_points_nowhere_is_a_crash_of_the_link_alone() {
    let code = "(func $run (call $answer (i32.const 1)) (i32.store (i32.const 524) (i32.const -16)) (i32.store (i32.const 528) (i32.const 1000)))";
    let report = run(&compiled(&link("", code)).await).await;
    assert!(matches!(report.result, Err(CallError::Trap(_))), "{:?}", report.result);
}

#[tokio::test]
async fn an_answer_that_is_not_text_or_not_a_case_is_a_crash_of_the_link_alone() {
    let report = run(&compiled(&link(
        "x",
        "(func $run (i32.store8 (i32.const 1024) (i32.const 255)) (call $answer (i32.const 1)))",
    ))
    .await)
    .await;
    assert!(matches!(report.result, Err(CallError::Trap(_))), "{:?}", report.result);
    let report = run(&compiled(&link("", "(func $run (call $answer (i32.const 99)))")).await).await;
    assert!(matches!(report.result, Err(CallError::Trap(_))), "{:?}", report.result);
}

#[tokio::test]
async fn texts_of_the_link_are_escaped() {
    let stop = run(&compiled(&link("bye\u{1b}[2J", "(func $run (call $answer (i32.const 1)))")).await).await;
    assert_eq!(stop.result, Ok(Outcome::Stop("bye\\u{1b}[2J".to_owned())));
    let failed = run(&compiled(&link("no\n\u{202e}key", "(func $run (call $answer (i32.const 4)))")).await).await;
    assert_eq!(error(&failed), "no\\n\\u{202e}key");
    assert_eq!(failed.result.unwrap_err().class(), "link");
}

#[tokio::test]
async fn an_outcome_that_reaches_elsewhere_needs_a_grant_and_a_name() {
    let hand_off = compiled(&link("people", "(func $run (call $answer (i32.const 3)))")).await;
    assert!(error(&run(&hand_off).await).contains("add `queues: [people]`"));
    let mut granted = call(&hand_off);
    granted.grants = std::sync::Arc::new(vconduit_policy::Grants {
        queues: vec!["peo*".to_owned()],
        ..Default::default()
    });
    assert!(matches!(sandbox().call(granted).await.result, Ok(Outcome::HandOff(list)) if list.as_str() == "people"));
    let switch = run(&compiled(&link("another", "(func $run (call $answer (i32.const 2)))")).await).await;
    assert!(error(&switch).contains("add `vcons: [read]`"));
    let nameless = run(&compiled(&link("a\u{7}", "(func $run (call $answer (i32.const 3)))")).await).await;
    assert!(error(&nameless).contains("is not a list name"), "{}", error(&nameless));
}

#[tokio::test]
async fn a_hundred_megabytes_of_log_come_to_the_budget_and_one_notice() {
    // 1,600 lines of 64 KiB.
    let code = "(func $run (local $n i32) (loop $again (call $log (i32.const 0) (i32.const 65536))
        (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $again (i32.lt_u (local.get $n) (i32.const 1600)))) (call $answer (i32.const 0)))";
    let mut call = call(&compiled(&logger(code)).await);
    call.limits.cpu = Duration::from_secs(10);
    let report = sandbox().call(call).await;
    assert_eq!(report.result, Ok(Outcome::Next));
    assert_eq!(report.usage.log_bytes, 1600 * 65536);
    let lines = lines(&report);
    assert!(
        lines.iter().map(|line| line.len()).sum::<usize>() < 70_000,
        "{} lines",
        lines.len()
    );
    assert!(
        lines.last().unwrap().contains("more than log_bytes (65536) allows"),
        "{}",
        lines.last().unwrap()
    );
}

#[tokio::test]
async fn the_place_of_a_crashed_call_is_free_again() {
    let trap = compiled(&link("", "(func $run unreachable)")).await;
    // More than there are places: one that stayed taken would end this.
    for _ in 0..200 {
        assert!(matches!(run(&trap).await.result, Err(CallError::Trap(_))));
    }
    let fine = compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await;
    assert_eq!(run(&fine).await.result, Ok(Outcome::Next));
}
