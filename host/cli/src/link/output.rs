//! The output of a command: text for people, JSON for programs, an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

/// Exit code of a command. `vconduit link --help` documents the numbers; 2 is for wrong arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The server is unavailable, or it does not accept the key.
    Unavailable = 3,
    /// Done in part: a version is held, or a host did not confirm.
    InPart = 4,
}

/// The output of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandOutput {
    /// Text for people, without the last line end.
    pub text: String,
    /// JSON for programs.
    pub json: Value,
    /// Exit code.
    pub exit: Exit,
}

impl CommandOutput {
    /// The output of a command that is done.
    pub(super) fn done(text: String, json: Value) -> Self {
        Self {
            text,
            json,
            exit: Exit::Done,
        }
    }

    /// Prints the output and returns the exit code. The text of an error goes to standard error,
    /// all else to standard output.
    pub(super) fn print(&self, is_json: bool) -> ExitCode {
        // A reader that has closed the pipe (`| head`) is no failure of the command.
        let _ = match (is_json, self.exit) {
            (true, _) => writeln!(std::io::stdout(), "{:#}", self.json),
            (false, Exit::Failed | Exit::Unavailable) if self.text.starts_with("error: ") => {
                writeln!(std::io::stderr(), "{}", self.text)
            }
            (false, _) => writeln!(std::io::stdout(), "{}", self.text),
        };
        ExitCode::from(self.exit as u8)
    }
}
