//! What a command answers: text for people, JSON for programs, an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

/// How a command ended. The numbers are documented in `vconduit link --help`; 2 is for wrong arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It did not work.
    Failed = 1,
    /// The server can't be reached, or does not accept the key.
    Away = 3,
    /// Done in part: a version is held, a host did not confirm.
    InPart = 4,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// For people; without the last line end.
    pub text: String,
    /// For programs.
    pub json: Value,
    /// How it ended.
    pub exit: Exit,
}

impl Answer {
    /// That it is done.
    pub(super) fn done(text: String, json: Value) -> Self {
        Self {
            text,
            json,
            exit: Exit::Done,
        }
    }

    /// Prints it: errors in words go to standard error, all else to standard output.
    pub(super) fn show(&self, json: bool) -> ExitCode {
        // A reader that went away (`| head`) is no failure of the command.
        let _ = match (json, self.exit) {
            (true, _) => writeln!(std::io::stdout(), "{:#}", self.json),
            (false, Exit::Failed | Exit::Away) if self.text.starts_with("error: ") => {
                writeln!(std::io::stderr(), "{}", self.text)
            }
            (false, _) => writeln!(std::io::stdout(), "{}", self.text),
        };
        ExitCode::from(self.exit as u8)
    }
}
