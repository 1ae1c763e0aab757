//! Tests with hostile or broken code. Each call ends with the right error and does not disturb
//! others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::guests::{link, logger};
use super::support::{call, compiled, error, limits, lines, run, sandbox};
use crate::{CallError, Outcome};
use vconduit_policy::{Grants, Limits};

#[tokio::test]
async fn a_link_that_does_nothing_returns_next() {
    let report = run(&compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await).await;
    assert_eq!(report.result, Ok(Outcome::Next));
    assert!(!report.reached_outside);
    assert!(report.usage.peak_memory_bytes >= 2 * 65536);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_ends_at_its_cpu_limit_and_does_not_delay_its_neighbour() {
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
        "the neighbour had to wait until the loops had ended"
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
async fn the_wall_clock_limit_is_named_when_it_is_reached() {
    let spin = compiled(&link("", "(func $run (loop $again (br $again)))")).await;
    let mut call = call(&spin);
    call.context.limits = Limits {
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
async fn a_link_that_always_wants_more_memory_ends_at_its_limit() {
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
async fn a_component_whose_initial_memory_is_above_the_limit_is_refused() {
    let report = run(&compiled(
        &link("", r#"(func $run (call $answer (i32.const 0)))"#).replace("(memory 2)", "(memory 300)"),
    )
    .await)
    .await;
    assert!(error(&report).contains("memory_bytes"), "{}", error(&report));
}

#[tokio::test]
async fn endless_recursion_crashes_only_the_link() {
    let report = run(&compiled(&link("", "(func $run (call $run) (call $run))")).await).await;
    assert!(
        error(&report).contains("the link crashed: wasm trap: call stack exhausted"),
        "{}",
        error(&report)
    );
}

#[tokio::test]
async fn a_trap_crashes_only_the_link() {
    let report = run(&compiled(&link("", "(func $run unreachable)")).await).await;
    assert!(
        error(&report).contains("the link crashed: wasm trap: wasm `unreachable` instruction executed"),
        "{}",
        error(&report)
    );
    assert_eq!(report.result.unwrap_err().class(), "trap");
}

#[tokio::test]
async fn an_answer_outside_of_the_memory_crashes_only_the_link() {
    let code = "(func $run (call $answer (i32.const 1)) (i32.store (i32.const 524) (i32.const -16)) (i32.store (i32.const 528) (i32.const 1000)))";
    let report = run(&compiled(&link("", code)).await).await;
    assert!(matches!(report.result, Err(CallError::Trap(_))), "{:?}", report.result);
}

#[tokio::test]
async fn an_answer_that_is_not_utf8_or_of_no_known_case_crashes_only_the_link() {
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
async fn texts_of_a_link_are_escaped() {
    let stop = run(&compiled(&link("bye\u{1b}[2J", "(func $run (call $answer (i32.const 1)))")).await).await;
    assert_eq!(stop.result, Ok(Outcome::Stop("bye\\u{1b}[2J".to_owned())));
    let failed = run(&compiled(&link("no\n\u{202e}key", "(func $run (call $answer (i32.const 4)))")).await).await;
    assert_eq!(error(&failed), "no\\n\\u{202e}key");
    assert_eq!(failed.result.unwrap_err().class(), "link");
}

#[tokio::test]
async fn an_outcome_with_another_target_needs_a_grant_and_a_valid_name() {
    let hand_off = compiled(&link("people", "(func $run (call $answer (i32.const 3)))")).await;
    assert!(error(&run(&hand_off).await).contains("add `queues: [people]`"));
    let mut granted = call(&hand_off);
    granted.context.grants = Arc::new(Grants {
        queues: vec!["peo*".to_owned()],
        ..Grants::default()
    });
    assert!(matches!(sandbox().call(granted).await.result, Ok(Outcome::HandOff(list)) if list.as_str() == "people"));
    let switch = run(&compiled(&link("another", "(func $run (call $answer (i32.const 2)))")).await).await;
    assert!(error(&switch).contains("add `vcons: [read]`"));
    let nameless = run(&compiled(&link("a\u{7}", "(func $run (call $answer (i32.const 3)))")).await).await;
    assert!(error(&nameless).contains("is not a list name"), "{}", error(&nameless));
}

#[tokio::test]
async fn a_hundred_megabytes_of_log_are_cut_to_the_limit_and_one_notice() {
    // 1,600 lines of 64 KiB.
    let code = "(func $run (local $n i32) (loop $again (call $log (i32.const 0) (i32.const 65536))
        (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $again (i32.lt_u (local.get $n) (i32.const 1600)))) (call $answer (i32.const 0)))";
    let mut call = call(&compiled(&logger(code)).await);
    call.context.limits.cpu = Duration::from_secs(10);
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
async fn the_slot_of_a_crashed_call_is_free_again() {
    let trap = compiled(&link("", "(func $run unreachable)")).await;
    // More calls than there are slots. If their slots stayed taken, the later ones would fail.
    for _ in 0..200 {
        assert!(matches!(run(&trap).await.result, Err(CallError::Trap(_))));
    }
    let fine = compiled(&link("", "(func $run (call $answer (i32.const 0)))")).await;
    assert_eq!(run(&fine).await.result, Ok(Outcome::Next));
}
