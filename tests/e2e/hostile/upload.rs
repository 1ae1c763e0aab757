//! Components that are refused, or that are made to exhaust the compiler. They are compiled as at
//! an upload, in a process of their own.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use vconduit_harness::{Host, eventually, host};
use vconduit_sandbox::{CompileError, Compiled, Compiler, Sandbox, SandboxSettings};

use super::cases::{self, Ends};

const MIB: usize = 1024 * 1024;

fn settings() -> SandboxSettings {
    SandboxSettings {
        max_concurrent_calls: 4,
        compiler: Compiler::Child(host::binary()),
        ..SandboxSettings::default()
    }
}

async fn compile(settings: SandboxSettings, component: Vec<u8>) -> Result<Arc<Compiled>, CompileError> {
    Sandbox::new(settings).expect("a sandbox").compile(component).await
}

/// Returns a link that does nothing, with extra items in text form before its code and at the
/// beginning.
fn plain(inside: &str, around: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(cases::folder().join("plain/link.wat")).expect("the plain link");
    let text = text.replacen("(memory 2)", &format!("(memory 2)\n{inside}"), 1);
    let text = text.replacen("(component\n", &format!("(component\n{around}\n"), 1);
    wat::parse_str(text).expect("it is well-formed")
}

/// Returns the text of a component with this number of small functions.
fn functions(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        let _ = write!(
            text,
            "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const {at})))"
        );
        text
    })
}

/// Returns nested components. The bytes are written by hand, because the reader of the text format
/// has a limit on levels.
fn nested_component(levels: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..levels {
        let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
        let mut length = bytes.len();
        while length >= 0x80 {
            outer.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.extend(&bytes);
        bytes = outer;
    }
    bytes
}

/// Returns ids and states of the compiling processes that this process started, including ended
/// ones that were not waited for.
fn children() -> Vec<(u32, char)> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?.chars().next()?;
        // A process that has ended has a name and no command line.
        let is_ended = state == 'Z' && stat.contains("(vconduit)");
        let command = std::fs::read_to_string(format!("/proc/{id}/cmdline")).ok()?;
        (fields.next()? == own && (is_ended || command.contains("compile-component"))).then_some((id, state))
    })
    .collect()
}

async fn until_no_child() {
    eventually(
        "no compiling process is left, nor what remains of one",
        Duration::from_secs(30),
        async || children().is_empty().then_some(()),
    )
    .await;
}

#[tokio::test]
async fn a_component_without_a_usable_description_is_refused_with_the_reason() {
    let refused = cases::all().into_iter().filter(|case| case.ends == Ends::Refused);
    let sandbox = Sandbox::new(settings()).expect("a sandbox");
    for case in refused {
        let error = sandbox
            .compile(case.component())
            .await
            .expect_err(&case.name)
            .to_string();
        assert!(error.contains(&case.error), "{}: {error}", case.name);
    }
    until_no_child().await;
}

#[tokio::test]
async fn a_host_refuses_each_at_its_upload_and_names_the_step() {
    let host = Host::with(r#"{"chains": {}}"#).start().await;
    let whole = plain("", "");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    let mut attacks: Vec<(String, Vec<u8>, u64, &str)> = cases::all()
        .into_iter()
        .filter(|case| case.ends == Ends::Refused)
        .map(|case| (case.name.clone(), case.component(), 422, "describe"))
        .collect();
    assert!(!attacks.is_empty(), "tests/hostile has none that is refused");
    let data = format!("(data \"{}\")", "x".repeat(100 * MIB));
    for (name, bytes, status, step) in [
        ("a web page", b"<!doctype html>".to_vec(), 415, "form"),
        ("a script", b"#!/bin/sh\nrm -rf /\n".to_vec(), 415, "form"),
        ("a core module", b"\0asm\x01\0\0\0".to_vec(), 415, "form"),
        ("truncated", whole[..whole.len() - 10].to_vec(), 422, "form"),
        ("300,000 functions", plain(&functions(300_000), ""), 422, "compile"),
        ("100 MB of data", plain(&data, ""), 413, "size"),
        ("2,000 levels", nested_component(2000), 422, ""),
        ("a bit flipped", flipped, 422, ""),
    ] {
        attacks.push((name.to_owned(), bytes, status, step));
    }
    let mut wrong = Vec::new();
    for (name, bytes, expected, step) in attacks {
        let (status, problem) = host.upload("attack", bytes, "activate=true").await;
        let told = problem["detail"].as_str().is_some_and(|detail| !detail.is_empty());
        if u64::from(status) != expected || !told || (!step.is_empty() && problem["step"] != step) {
            wrong.push(format!("{name}: {status} {problem}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let (status, _) = host.admin("GET", "/links/attack", None).await;
    assert_eq!(status, 404, "a version was kept");
    let (status, answer) = host.upload("fine", whole, "activate=true").await;
    assert_eq!((status, &answer["active"]), (200, &true.into()), "{answer}");
}

#[tokio::test]
async fn ten_thousand_functions_are_accepted_and_three_hundred_thousand_are_not() {
    assert_eq!(
        compile(settings(), plain(&functions(10_000), ""))
            .await
            .expect("it compiles")
            .functions,
        10_005
    );
    let error = compile(settings(), plain(&functions(300_000), ""))
        .await
        .expect_err("too many");
    assert_eq!(
        error.to_string(),
        "the component is too complex: more than 200000 functions"
    );
}

#[tokio::test]
async fn a_hundred_megabytes_of_data_are_too_large() {
    let data = format!("(data \"{}\")", "x".repeat(100 * MIB));
    let error = compile(settings(), plain(&data, "")).await.expect_err("too large");
    assert!(
        error.to_string().contains("the limit component_bytes is 67108864"),
        "{error}"
    );
}

#[tokio::test]
async fn nested_components_are_accepted_some_levels_deep_and_no_deeper() {
    let nested = |levels: usize| format!("{}{}", "(component ".repeat(levels), ")".repeat(levels));
    compile(settings(), plain("", &nested(10)))
        .await
        .expect("ten levels are nothing");
    let error = compile(settings(), nested_component(2000))
        .await
        .expect_err("two thousand levels");
    assert!(!matches!(error, CompileError::Host(_)), "{error}");
    until_no_child().await;
}

#[tokio::test]
async fn a_component_that_the_compiler_rejects_is_reported_in_one_line() {
    // A constant of the wrong type passes every check but the compiler's.
    let mut bytes = plain("(func (result i32) (i32.const 1234567))", "");
    let at = bytes
        .windows(4)
        .position(|four| four == [0x41, 0x87, 0xad, 0xcb])
        .expect("the constant");
    bytes[at] = 0x42;
    let error = compile(settings(), bytes).await.expect_err("it is not valid");
    assert!(
        matches!(&error, CompileError::Rejected(text) if text.contains("type mismatch") && !text.contains('\n')),
        "{error}"
    );
}

#[tokio::test]
async fn a_compile_that_takes_too_long_is_ended_and_the_next_one_has_its_turn() {
    let limit = Duration::from_millis(500);
    let sandbox = Sandbox::new(SandboxSettings {
        compile_time: limit,
        ..settings()
    })
    .expect("a sandbox");
    for _ in 0..3 {
        // If the compilation before still held its turn, this one would never end.
        let error = sandbox
            .compile(plain(&functions(190_000), ""))
            .await
            .expect_err("too slow");
        assert_eq!(error, CompileError::TooSlow(limit));
    }
    until_no_child().await;
}

#[tokio::test]
async fn a_compile_that_takes_too_much_cpu_time_is_distinguished_from_one_that_waits() {
    let settings = SandboxSettings {
        compile_cpu: Duration::from_secs(1),
        compile_time: Duration::from_secs(300),
        ..settings()
    };
    let error = compile(settings, plain(&functions(190_000), ""))
        .await
        .expect_err("too much");
    assert_eq!(error, CompileError::TooMuchCpu(Duration::from_secs(1)));
    until_no_child().await;
}

#[tokio::test]
async fn a_compile_that_takes_too_much_memory_hurts_only_itself() {
    for mib in [80, 128] {
        let settings = SandboxSettings {
            compile_memory_bytes: mib * 1024 * 1024,
            ..settings()
        };
        let error = compile(settings, plain(&functions(100_000), ""))
            .await
            .expect_err("too much");
        assert_eq!(error, CompileError::TooMuchMemory(mib * 1024 * 1024));
    }
    until_no_child().await;
}

#[tokio::test]
async fn the_compiling_process_ends_when_its_caller_stops_waiting() {
    let sandbox = Sandbox::new(settings()).expect("a sandbox");
    let uploading = tokio::spawn({
        let sandbox = Arc::clone(&sandbox);
        async move { sandbox.compile(plain(&functions(190_000), "")).await.map(drop) }
    });
    eventually("the compiling process is there", Duration::from_secs(30), async || {
        (!children().is_empty()).then_some(())
    })
    .await;
    uploading.abort();
    until_no_child().await;
    sandbox.compile(plain("", "")).await.expect("the next one has its turn");
}

#[tokio::test]
async fn a_compiler_that_can_not_be_started_is_the_hosts_fault_and_a_cached_component_needs_none() {
    let cache = tempfile::tempdir().expect("a folder");
    let with = |program: PathBuf| SandboxSettings {
        cache_dir: Some(cache.path().to_owned()),
        compiler: Compiler::Child(program),
        ..settings()
    };
    let error = compile(with("/nowhere/vconduit".into()), plain("", ""))
        .await
        .expect_err("no compiler");
    assert!(
        matches!(&error, CompileError::Host(text) if text.contains("/nowhere/vconduit")),
        "{error}"
    );
    let first = compile(with(host::binary()), plain("", "")).await.expect("it compiles");
    let second = compile(with("/nowhere/vconduit".into()), plain("", ""))
        .await
        .expect("it is in the cache");
    assert!(!first.from_cache && second.from_cache);
}

#[tokio::test]
async fn a_component_gets_a_share_of_the_cpu_if_no_idle_time_is_left() {
    let busy = SandboxSettings {
        compile_leftovers: Duration::ZERO,
        ..settings()
    };
    compile(busy, plain("", "")).await.expect("it compiles all the same");
    until_no_child().await;
}

#[tokio::test]
async fn a_program_that_is_no_compiler_is_not_believed() {
    let settings = SandboxSettings {
        compiler: Compiler::Child("/bin/echo".into()),
        ..settings()
    };
    let error = compile(settings, plain("", "")).await.expect_err("echo is no compiler");
    assert!(
        matches!(&error, CompileError::Host(text) if text.contains("no code")),
        "{error}"
    );
}
