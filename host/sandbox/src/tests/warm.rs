//! Tests of instances that are kept between calls.

use std::sync::Arc;
use std::time::Duration;

use super::guests::link;
use super::support::{call, compiled, limits, sandbox};
use crate::{Call, CallError, Compiled, Outcome};
use vconduit_policy::Limits;

/// Returns `next` in the first call of an instance and `stop` in every later one.
const TELLS_FIRST_CALL: &str = "(global $called (mut i32) (i32.const 0))
    (func $run (call $answer (global.get $called)) (global.set $called (i32.const 1)))";

fn warm_call(component: &Arc<Compiled>) -> Call {
    Call {
        warm: true,
        ..call(component)
    }
}

fn with_limits(mut call: Call, limits: Limits) -> Call {
    call.context.limits = limits;
    call
}

async fn is_first(call: Call) -> bool {
    match sandbox().call(call).await.result {
        Ok(Outcome::Next) => true,
        Ok(Outcome::Stop(_)) => false,
        other => panic!("neither a first nor a later call: {other:?}"),
    }
}

#[tokio::test]
async fn an_instance_is_fresh_unless_the_call_allows_a_kept_one() {
    let component = compiled(&link("fresh", TELLS_FIRST_CALL)).await;
    for _ in 0..3 {
        assert!(is_first(call(&component)).await, "an instance served two calls");
    }
    assert!(is_first(warm_call(&component)).await, "no instance was kept yet");
    assert!(!is_first(warm_call(&component)).await, "the instance was not kept");
    assert!(
        is_first(call(&component)).await,
        "a kept instance served a call that asked for a fresh one"
    );
}

#[tokio::test]
async fn an_instance_serves_one_link_and_one_set_of_options() {
    let component = compiled(&link("options", TELLS_FIRST_CALL)).await;
    assert!(is_first(warm_call(&component)).await);
    let other_options = Call {
        options: r#"{"a":1}"#.into(),
        ..warm_call(&component)
    };
    assert!(
        is_first(other_options).await,
        "an instance served a call with other options"
    );
    let mut other_link = warm_call(&component);
    other_link.context.link = "another".try_into().unwrap();
    assert!(is_first(other_link).await, "an instance served another link");
    assert!(
        !is_first(warm_call(&component)).await,
        "the first instance was not kept"
    );
}

#[tokio::test]
async fn an_instance_that_trapped_or_was_stopped_is_not_kept() {
    let code = "(global $called (mut i32) (i32.const 0))
        (func $run
          (if (i32.eq (global.get $called) (i32.const 1)) (then (global.set $called (i32.const 2)) WHAT))
          (call $answer (global.get $called))
          (global.set $called (i32.const 1)))";
    for what in ["unreachable", "(loop $again (br $again))"] {
        let component = compiled(&link("ends", &code.replace("WHAT", what))).await;
        assert!(is_first(warm_call(&component)).await);
        let ended = sandbox().call(warm_call(&component)).await.result;
        assert!(
            matches!(ended, Err(CallError::Trap(_) | CallError::Limit(_))),
            "{what}: {ended:?}"
        );
        assert!(is_first(warm_call(&component)).await, "{what}: the instance was kept");
    }
}

#[tokio::test]
async fn an_instance_that_grew_is_not_kept() {
    let grows = "(global $called (mut i32) (i32.const 0))
        (func $run
          (call $answer (global.get $called))
          (global.set $called (i32.const 1))
          (drop (memory.grow (i32.const 1))))";
    let component = compiled(&link("grows", grows)).await;
    for _ in 0..3 {
        assert!(is_first(warm_call(&component)).await, "an instance that grew was kept");
    }
}

#[tokio::test]
async fn every_call_of_an_instance_has_its_own_limits() {
    // A call takes about 60 ms of CPU time. Three of them together would be above the limit of one.
    let code = "(global $n (mut i32) (i32.const 0))
        (func $run (local $i i32)
          (loop $again
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 20000000))))
          (call $answer (global.get $n)) (global.set $n (i32.const 1)))";
    let component = compiled(&link("limits", code)).await;
    let first = sandbox().call(warm_call(&component)).await;
    assert_eq!(first.result, Ok(Outcome::Next));
    let generous = Limits {
        cpu: first.usage.cpu * 2 + Duration::from_millis(200),
        ..limits()
    };
    for _ in 0..20 {
        let report = sandbox().call(with_limits(warm_call(&component), generous)).await;
        assert!(
            report.result.is_ok(),
            "the CPU time of an earlier call was counted: {:?}",
            report.result
        );
    }
    let tight = Limits {
        memory_bytes: 1,
        ..limits()
    };
    let report = sandbox().call(with_limits(warm_call(&component), tight)).await;
    assert_eq!(
        report.usage.peak_memory_bytes, first.usage.peak_memory_bytes,
        "the memory of a kept instance was not counted"
    );
}
