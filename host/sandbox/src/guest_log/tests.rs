//! Tests of the log of one call.

use super::*;

fn log(line: u64, total: u64) -> GuestLog {
    let source = LogSource {
        link: LinkName::new("tag").unwrap(),
        version: Digest::of(b""),
        chain: ChainName::new("main").unwrap(),
        vcon: VconId::new("1").unwrap(),
    };
    GuestLog::new(source, line, total, true)
}

fn messages(log: &GuestLog) -> Vec<String> {
    log.take().into_iter().map(|line| line.message).collect()
}

#[test]
fn lines_are_cut_and_the_rest_is_dropped_with_one_notice() {
    let log = log(10, 25);
    for _ in 0..100 {
        log.write(Level::INFO, "0123456789abcdef", &[]);
    }
    let lines = messages(&log);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], "0123456789…");
    assert_eq!(log.written(), 1600);
}

#[test]
fn standard_error_is_split_into_lines_and_the_last_words_are_the_panic_message() {
    let log = log(100, 1000);
    log.stream(true, b"thread 'main' panicked at src/lib.rs:1:1:\nno such");
    log.stream(true, b" dialog\nnote: run with `RUST_BACKTRACE=1`");
    assert_eq!(log.last_words(), "no such dialog");
    assert_eq!(messages(&log).len(), 3);
}

#[test]
fn the_last_words_are_the_authors_message_in_every_language() {
    let panic = "\nthread '<unnamed>' (1) panicked at runtime/src/lib.rs:1:1:\n";
    let hint = "\nnote: run with `RUST_BACKTRACE=1`\n";
    let python = "Traceback (most recent call last):\n  File \"/0/a.py\", line 1, in run\nRuntimeError: no such dialog";
    let thrown = "Exception { message: Some(\"no such dialog\"), stack: Some(\"at run (/a.js:1:1)\") }";
    for written in [
        format!("{python}{panic}Python function threw an unexpected exception{hint}"),
        format!("{panic}Failed to call 'run': Value(Exception(\n{thrown}\n)){hint}"),
        "panic: no such dialog\n\ngoroutine 1 [running]:\nmain.run()\n".to_owned(),
        "no such dialog\n".to_owned(),
    ] {
        let log = log(1000, 10_000);
        log.stream(true, written.as_bytes());
        let words = log.last_words();
        assert!(
            words.contains("no such dialog"),
            "the last words of {written} are: {words}"
        );
    }
}

#[test]
fn a_stream_without_line_ends_is_cut_to_one_line() {
    let log = log(10, 100);
    for _ in 0..1000 {
        log.stream(false, &[b'x'; 1000]);
    }
    assert!(log.lock().stdout.len() <= 11);
    log.flush();
    assert_eq!(messages(&log), ["xxxxxxxxxx…"]);
}

#[test]
fn a_secret_that_the_link_received_is_replaced_by_its_name() {
    let log = log(100, 1000);
    log.hide(SecretName::new("KEY").unwrap(), "s3cr3t");
    log.write(Level::INFO, "the key is s3cr3t", &[("k".into(), "s3cr3t!".into())]);
    assert_eq!(messages(&log), ["the key is {{secret:KEY}} k={{secret:KEY}}!"]);
    assert_eq!(log.clean("s3cr3t", 100), "{{secret:KEY}}");
    assert_eq!(log.secret_in("\"s3cr3t\"").unwrap().as_str(), "KEY");
}
