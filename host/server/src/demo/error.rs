//! The error of the demo.

use std::io;
use std::path::{Path, PathBuf};

use crate::app::StartError;
use vconduit_base::cause::root_cause;
use vconduit_base::names::NameError;
use vconduit_config::SettingProblem;

/// A demo that could not run. The text names the thing at fault and the next step.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Environment variables with values that do not work: all of them, one a line.
    #[error("the environment has errors; correct or unset these variables:{}", crate::error::lines(.0))]
    Environment(Vec<SettingProblem>),
    /// A file or folder.
    #[error("can't {action} {}: {reason}; {next_step}", path.display())]
    File {
        /// `read`, `write`, `create` or `empty`.
        action: &'static str,
        /// Path of the file or folder.
        path: PathBuf,
        /// The error of the operating system.
        reason: io::Error,
        /// The next step of the user.
        next_step: &'static str,
    },
    /// A folder without samples.
    #[error("there are no *.vcon.json files in {}; name a folder that has some with --samples", .0.display())]
    NoSamples(PathBuf),
    /// The receiver of the webhook link.
    #[error("the demo's webhook receiver can't listen on a loopback port: {0}; run the demo again")]
    Receiver(#[source] io::Error),
    /// A server that did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A request to the demo's own server.
    #[error("a request to the demo's server failed: {}; the log lines above may tell more", root_cause(.0))]
    Request(#[from] reqwest::Error),
    /// The name of the demo's list.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Signals can't be received.
    #[error("can't wait for Ctrl-C: {0}; run the demo with --exit")]
    Signal(#[source] io::Error),
}

impl DemoError {
    /// An error of a file, for `map_err`.
    pub(super) fn file(
        action: &'static str,
        path: &Path,
        next_step: &'static str,
    ) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |reason| Self::File {
            action,
            path,
            reason,
            next_step,
        }
    }
}
