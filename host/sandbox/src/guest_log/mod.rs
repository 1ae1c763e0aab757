//! Log of one call: lines of the guest, and lines of the host about the guest.
//!
//! Guarantee: at most `log_bytes` of guest lines reach the host's log, every line is escaped and
//! cut, no secret that the link received appears, and one notice says that lines are missing.

use std::fmt::Write as _;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::Level;

use vcon_document::VconId;
use vconduit_base::names::{ChainName, Digest, LinkName, SecretName};
use vconduit_base::{secret_ref, text};

/// Target of guest lines, for `RUST_LOG`.
const TARGET: &str = "vconduit::link";

/// Origin of a log, written with every line.
#[derive(Debug, Clone)]
pub(crate) struct LogSource {
    /// Name of the link.
    pub link: LinkName,
    /// Digest of the component.
    pub version: Digest,
    /// Name of the chain that calls.
    pub chain: ChainName,
    /// Id of the vCon.
    pub vcon: VconId,
}

/// Log of one call.
pub(crate) struct GuestLog {
    source: LogSource,
    line_bytes: usize,
    total_bytes: u64,
    keep: bool,
    state: Mutex<LogState>,
}

/// One log line of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Level of the line.
    pub level: Level,
    /// Text of the line, escaped and bounded.
    pub message: String,
}

#[derive(Default)]
struct LogState {
    /// Bytes that the guest wrote.
    written: u64,
    /// Bytes that reached the log.
    passed: u64,
    /// True once the notice about dropped lines was written.
    is_full: bool,
    lines: Vec<LogLine>,
    /// The unfinished line of standard output.
    stdout: Vec<u8>,
    /// The unfinished line of standard error.
    stderr: Vec<u8>,
    /// The last line of standard error with a message.
    last_words: String,
    /// Secrets that the link received.
    revealed: Vec<(SecretName, Box<str>)>,
}

impl GuestLog {
    /// Makes an empty log with these limits in bytes. If `keep`, the lines are also kept for the
    /// report.
    pub(crate) fn new(source: LogSource, line_bytes: u64, total_bytes: u64, keep: bool) -> Self {
        Self {
            source,
            line_bytes: usize::try_from(line_bytes).unwrap_or(usize::MAX),
            total_bytes,
            keep,
            state: Mutex::default(),
        }
    }

    /// Writes a line of the guest.
    pub(crate) fn write(&self, level: Level, message: &str, fields: &[(String, String)]) {
        let mut state = self.lock();
        if fields.is_empty() {
            return self.line(&mut state, level, message);
        }
        let mut line = message.to_owned();
        for (key, value) in fields {
            // The line is cut at this length, so the rest need not be formatted.
            if line.len() > self.line_bytes {
                break;
            }
            // Writing to a `String` can't fail.
            let _ = write!(line, " {key}={value}");
        }
        self.line(&mut state, level, &line);
    }

    /// Writes a line of the host about the guest. It does not count against the limits. The callers
    /// bound the number of such lines.
    pub(crate) fn note(&self, level: Level, message: &str) {
        let mut state = self.lock();
        self.emit(&mut state, level, message);
    }

    /// Takes bytes that the guest wrote to standard output or standard error.
    pub(crate) fn stream(&self, stderr: bool, bytes: &[u8]) {
        let mut state = self.lock();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = if stderr { &mut state.stderr } else { &mut state.stdout };
            let room = self.line_bytes.saturating_add(1).saturating_sub(line.len());
            line.extend(piece.iter().take(room));
            if piece.ends_with(b"\n") {
                self.end_line(&mut state, stderr);
            }
        }
    }

    /// Writes unfinished lines.
    pub(crate) fn flush(&self) {
        let mut state = self.lock();
        self.end_line(&mut state, false);
        self.end_line(&mut state, true);
    }

    /// Keeps a secret's value out of the log from now on.
    pub(crate) fn hide(&self, name: SecretName, value: &str) {
        let mut state = self.lock();
        if !value.is_empty() && !state.revealed.iter().any(|(known, _)| *known == name) {
            state.revealed.push((name, value.into()));
        }
    }

    /// Returns a guest's text for an error message: secrets replaced, escaped and cut.
    pub(crate) fn clean(&self, message: &str, max_bytes: usize) -> String {
        text::clean(&redact(message, &self.lock().revealed), max_bytes).into_owned()
    }

    /// Returns the name of a received secret that the text contains, if any.
    pub(crate) fn secret_in(&self, text: &str) -> Option<SecretName> {
        let state = self.lock();
        state
            .revealed
            .iter()
            .find(|(_, value)| text.contains(&**value))
            .map(|(name, _)| name.clone())
    }

    /// Returns the last line of standard error with a message, for the error of a crash.
    pub(crate) fn last_words(&self) -> String {
        self.flush();
        self.lock().last_words.clone()
    }

    /// Returns the number of bytes that the guest wrote, dropped ones included.
    pub(crate) fn written(&self) -> u64 {
        self.lock().written
    }

    /// Takes the kept lines.
    pub(crate) fn take(&self) -> Vec<LogLine> {
        mem::take(&mut self.lock().lines)
    }

    fn lock(&self) -> MutexGuard<'_, LogState> {
        // The log stays usable after a panic of a thread that held the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_line(&self, state: &mut LogState, stderr: bool) {
        let line = mem::take(if stderr { &mut state.stderr } else { &mut state.stdout });
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        if stderr && has_message(line, &state.last_words) {
            state.last_words = text::clean(&redact(line, &state.revealed), self.line_bytes).into_owned();
        }
        self.line(state, if stderr { Level::WARN } else { Level::INFO }, line);
    }

    fn line(&self, state: &mut LogState, level: Level, message: &str) {
        state.written = state.written.saturating_add(bytes(message));
        if state.is_full {
            return;
        }
        let cost = bytes(message).min(bytes_of(self.line_bytes));
        if state.passed.saturating_add(cost) > self.total_bytes {
            state.is_full = true;
            let notice = format!(
                "the link wrote more than log_bytes ({}) allows in a call; further lines are dropped",
                self.total_bytes
            );
            return self.emit(state, Level::WARN, &notice);
        }
        state.passed = state.passed.saturating_add(cost);
        let redacted = redact(message, &state.revealed).into_owned();
        self.emit(state, level, &redacted);
    }

    fn emit(&self, state: &mut LogState, level: Level, message: &str) {
        let message = text::clean(message, self.line_bytes);
        let LogSource {
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
            state.lines.push(LogLine {
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

/// Returns true if a line of standard error has a better message for a crash than the line
/// `before`. Rust ends a panic with a hint, Go with stack traces. The runtimes of Python and
/// JavaScript print the exception and then panic in Rust.
fn has_message(line: &str, before: &str) -> bool {
    let head_of_panic = line.starts_with("thread '") && line.contains(" panicked at ");
    let hint = line.starts_with("note: ") || line == "Python function threw an unexpected exception";
    let has_words = line.contains(char::is_alphanumeric);
    let is_complete = before.starts_with("panic: ") || before.starts_with("fatal error: ");
    has_words && !head_of_panic && !hint && !is_complete
}

fn bytes(text: &str) -> u64 {
    bytes_of(text.len())
}

fn bytes_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
