//! The log of one call: what the guest writes, and what the host has to say about it.
//!
//! Guarantee: at most the call's budget of bytes reaches the host's log, every line is escaped and cut, a secret that the link
//! was given does not appear, and the reader is told once when lines are missing.

use std::fmt::Write as _;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::Level;

use vcon_document::VconId;
use vconduit_base::names::{ChainName, Digest, LinkName, SecretName};
use vconduit_base::{secret_ref, text};

/// The target of guest lines, for `RUST_LOG`.
const TARGET: &str = "vconduit::link";

/// Who writes: goes with every line.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The link.
    pub link: LinkName,
    /// The component.
    pub version: Digest,
    /// The chain.
    pub chain: ChainName,
    /// The vCon.
    pub vcon: VconId,
}

/// The log of one call.
pub(super) struct GuestLog {
    source: Source,
    line_bytes: usize,
    total_bytes: u64,
    keep: bool,
    inner: Mutex<Inner>,
}

/// A line that a link wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How grave.
    pub level: Level,
    /// The text, escaped and bounded.
    pub message: String,
}

#[derive(Default)]
struct Inner {
    written: u64,
    passed: u64,
    told: bool,
    lines: Vec<LogLine>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    last_words: String,
    revealed: Vec<(SecretName, Box<str>)>,
}

impl GuestLog {
    /// An empty log. `keep` has the lines kept for the report.
    pub(super) fn new(source: Source, line_bytes: u64, total_bytes: u64, keep: bool) -> Self {
        Self {
            source,
            line_bytes: usize::try_from(line_bytes).unwrap_or(usize::MAX),
            total_bytes,
            keep,
            inner: Mutex::default(),
        }
    }

    /// A line of the guest.
    pub(super) fn write(&self, level: Level, message: &str, fields: &[(String, String)]) {
        let mut inner = self.lock();
        if fields.is_empty() {
            return self.line(&mut inner, level, message);
        }
        let mut line = message.to_owned();
        for (key, value) in fields {
            // Nobody reads on past a line's length, so what does not fit need not be put together.
            if line.len() > self.line_bytes {
                break;
            }
            // Writing to a text can't fail.
            let _ = write!(line, " {key}={value}");
        }
        self.line(&mut inner, level, &line);
    }

    /// A line of the host about the guest. Outside of the budget: it is the host's own and its number is bounded where it is written.
    pub(super) fn note(&self, level: Level, message: &str) {
        let mut inner = self.lock();
        self.emit(&mut inner, level, message);
    }

    /// Bytes that the guest wrote to standard output or standard error.
    pub(super) fn stream(&self, stderr: bool, bytes: &[u8]) {
        let mut inner = self.lock();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let held = if stderr { &mut inner.stderr } else { &mut inner.stdout };
            let room = self.line_bytes.saturating_add(1).saturating_sub(held.len());
            held.extend(piece.iter().take(room));
            if piece.ends_with(b"\n") {
                self.end_line(&mut inner, stderr);
            }
        }
    }

    /// Writes out lines that were not ended.
    pub(super) fn flush(&self) {
        let mut inner = self.lock();
        self.end_line(&mut inner, false);
        self.end_line(&mut inner, true);
    }

    /// From now on this value is kept out of the log.
    pub(super) fn hide(&self, name: SecretName, value: &str) {
        let mut inner = self.lock();
        if !value.is_empty() && !inner.revealed.iter().any(|(known, _)| *known == name) {
            inner.revealed.push((name, value.into()));
        }
    }

    /// A guest text for an error message: secrets taken out, escaped, cut.
    pub(super) fn clean(&self, message: &str, max_bytes: usize) -> String {
        text::clean(&redact(message, &self.lock().revealed), max_bytes).into_owned()
    }

    /// Whether a text holds a secret that the link was given.
    pub(super) fn holds_secret(&self, text: &str) -> Option<SecretName> {
        let inner = self.lock();
        inner
            .revealed
            .iter()
            .find(|(_, value)| text.contains(&**value))
            .map(|(name, _)| name.clone())
    }

    /// The last line of standard error that says something, for the message of a crash.
    pub(super) fn last_words(&self) -> String {
        self.flush();
        self.lock().last_words.clone()
    }

    /// Bytes that the guest wrote, those that were dropped included.
    pub(super) fn written(&self) -> u64 {
        self.lock().written
    }

    /// The lines kept.
    pub(super) fn take(&self) -> Vec<LogLine> {
        mem::take(&mut self.lock().lines)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A log stays usable whatever happened to a thread that held it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_line(&self, inner: &mut Inner, stderr: bool) {
        let held = mem::take(if stderr { &mut inner.stderr } else { &mut inner.stdout });
        let line = String::from_utf8_lossy(&held);
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        if stderr && says_something(line, &inner.last_words) {
            inner.last_words = text::clean(&redact(line, &inner.revealed), self.line_bytes).into_owned();
        }
        self.line(inner, if stderr { Level::WARN } else { Level::INFO }, line);
    }

    fn line(&self, inner: &mut Inner, level: Level, message: &str) {
        inner.written = inner.written.saturating_add(bytes(message));
        if inner.told {
            return;
        }
        let cost = bytes(message).min(bytes_of(self.line_bytes));
        if inner.passed.saturating_add(cost) > self.total_bytes {
            inner.told = true;
            let told = format!(
                "the link wrote more than log_bytes ({}) allows in a call; its further lines are dropped",
                self.total_bytes
            );
            return self.emit(inner, Level::WARN, &told);
        }
        inner.passed = inner.passed.saturating_add(cost);
        let redacted = redact(message, &inner.revealed).into_owned();
        self.emit(inner, level, &redacted);
    }

    fn emit(&self, inner: &mut Inner, level: Level, message: &str) {
        let message = text::clean(message, self.line_bytes);
        let Source {
            link,
            version,
            chain,
            vcon,
        } = &self.source;
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(target: TARGET, $level, %link, %version, %chain, %vcon, "{message}")
            };
        }
        match level {
            Level::TRACE => event!(Level::TRACE),
            Level::DEBUG => event!(Level::DEBUG),
            Level::INFO => event!(Level::INFO),
            Level::WARN => event!(Level::WARN),
            Level::ERROR => event!(Level::ERROR),
        }
        if self.keep {
            inner.lines.push(LogLine {
                level,
                message: message.into_owned(),
            });
        }
    }
}

/// Replaces secrets by their names.
fn redact<'a>(message: &'a str, revealed: &[(SecretName, Box<str>)]) -> std::borrow::Cow<'a, str> {
    let mut message = std::borrow::Cow::Borrowed(message);
    for (name, value) in revealed {
        if message.contains(&**value) {
            message = message.replace(&**value, &secret_ref::written(name)).into();
        }
    }
    message
}

/// Whether a line of standard error tells more than the one before. Rust ends a panic with a hint, Go with its stacks;
/// the runtimes of Python and JavaScript print what was thrown and then panic over it, in Rust.
fn says_something(line: &str, before: &str) -> bool {
    let head_of_panic = line.starts_with("thread '") && line.contains(" panicked at ");
    let hint = line.starts_with("note: ") || line == "Python function threw an unexpected exception";
    let words = line.contains(char::is_alphanumeric);
    let all_is_said = before.starts_with("panic: ") || before.starts_with("fatal error: ");
    words && !head_of_panic && !hint && !all_is_said
}

fn bytes(text: &str) -> u64 {
    bytes_of(text.len())
}

fn bytes_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(line: u64, total: u64) -> GuestLog {
        let source = Source {
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
    fn standard_error_is_split_into_lines_and_its_last_words_are_the_panic() {
        let log = log(100, 1000);
        log.stream(true, b"thread 'main' panicked at src/lib.rs:1:1:\nno such");
        log.stream(true, b" dialog\nnote: run with `RUST_BACKTRACE=1`");
        assert_eq!(log.last_words(), "no such dialog");
        assert_eq!(messages(&log).len(), 3);
    }

    #[test]
    fn the_last_words_are_the_authors_own_in_every_language() {
        let panic = "\nthread '<unnamed>' (1) panicked at runtime/src/lib.rs:1:1:\n";
        let hint = "\nnote: run with `RUST_BACKTRACE=1`\n";
        let python =
            "Traceback (most recent call last):\n  File \"/0/a.py\", line 1, in run\nRuntimeError: no such dialog";
        let thrown = "Exception { message: Some(\"no such dialog\"), stack: Some(\"at run (/a.js:1:1)\") }";
        for written in [
            format!("{python}{panic}Python function threw an unexpected exception{hint}"),
            format!("{panic}Failed to call 'run': Value(Exception(\n{thrown}\n)){hint}"),
            "panic: no such dialog\n\ngoroutine 1 [running]:\nmain.run()\n".to_owned(),
            "no such dialog\n".to_owned(),
        ] {
            let log = log(1000, 10_000);
            log.stream(true, written.as_bytes());
            let said = log.last_words();
            assert!(said.contains("no such dialog"), "{written} came to: {said}");
        }
    }

    #[test]
    fn a_stream_without_line_ends_holds_no_more_than_a_line() {
        let log = log(10, 100);
        for _ in 0..1000 {
            log.stream(false, &[b'x'; 1000]);
        }
        assert!(log.lock().stdout.len() <= 11);
        log.flush();
        assert_eq!(messages(&log), ["xxxxxxxxxx…"]);
    }

    #[test]
    fn a_secret_that_was_given_is_replaced_by_its_name() {
        let log = log(100, 1000);
        log.hide(SecretName::new("KEY").unwrap(), "s3cr3t");
        log.write(Level::INFO, "the key is s3cr3t", &[("k".into(), "s3cr3t!".into())]);
        assert_eq!(messages(&log), ["the key is {{secret:KEY}} k={{secret:KEY}}!"]);
        assert_eq!(log.clean("s3cr3t", 100), "{{secret:KEY}}");
        assert_eq!(log.holds_secret("\"s3cr3t\"").unwrap().as_str(), "KEY");
    }
}
