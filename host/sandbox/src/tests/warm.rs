//! Instances that are kept between calls: when they are, and when they are not.

use std::sync::Arc;
use std::time::Duration;

use super::guests::link;
use super::support::{call, compiled, limits, sandbox};
use crate::{Call, CallError, Compiled, Outcome};
use vconduit_policy::Limits;

/// Answers next at the first call of an instance and a stop at every later one.
const COUNTS: &str = "(global $called (mut i32) (i32.const 0))
    (func $run (call $answer (global.get $called)) (global.set $called (i32.const 1)))";

fn warm_call(component: &Arc<Compiled>) -> Call {
    Call {
        warm: true,
        ..call(component)
    }
}

async fn is_first(call: Call) -> bool {
    match sandbox().call(call).await.result {
        Ok(Outcome::Next) => true,
        Ok(Outcome::Stop(_)) => false,
        other => panic!("neither a first nor a later call: {other:?}"),
    }
}

#[tokio::test]
async fn an_instance_is_fresh_unless_the_call_allows_another() {
    let component = compiled(&link("fresh", COUNTS)).await;
    for _ in 0..3 {
        assert!(is_first(call(&component)).await, "an instance served two calls");
    }
    assert!(
        is_first(warm_call(&component)).await,
        "there was no instance to be kept yet"
    );
    assert!(!is_first(warm_call(&component)).await, "the instance was not kept");
    assert!(
        is_first(call(&component)).await,
        "a kept instance served a call that wants a fresh one"
    );
}

#[tokio::test]
async fn an_instance_serves_one_link_and_one_set_of_options() {
    let component = compiled(&link("options", COUNTS)).await;
    assert!(is_first(warm_call(&component)).await);
    let other_options = Call {
        options: r#"{"a":1}"#.into(),
        ..warm_call(&component)
    };
    assert!(is_first(other_options).await, "other options met the same instance");
    let other_link = Call {
        link: "another".try_into().unwrap(),
        ..warm_call(&component)
    };
    assert!(is_first(other_link).await, "another link met the same instance");
    assert!(!is_first(warm_call(&component)).await, "the first instance is gone");
}

#[tokio::test]
async fn an_instance_that_trapped_or_was_stopped_is_not_used_again() {
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
        assert!(
            is_first(warm_call(&component)).await,
            "{what}: the instance was used again"
        );
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
    // 60 ms a call or so: three of them together would be above the limit of one.
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
        let report = sandbox()
            .call(Call {
                limits: generous,
                ..warm_call(&component)
            })
            .await;
        assert!(
            report.result.is_ok(),
            "time of an earlier call was counted: {:?}",
            report.result
        );
    }
    let tight = Limits {
        memory_bytes: 1,
        ..limits()
    };
    let report = sandbox()
        .call(Call {
            limits: tight,
            ..warm_call(&component)
        })
        .await;
    assert_eq!(
        report.usage.peak_memory_bytes, first.usage.peak_memory_bytes,
        "what a kept instance holds counts as used"
    );
}
