//! The form of the log.

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object on each line, for programs.
    Json,
    /// Plain text, for people.
    Pretty,
}
