//! The error of a command.
//!
//! Guarantee: every text names the thing at fault and the next step.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::remote::problem::ServerProblem;
use super::{CommandOutput, Exit};
use vconduit_base::secrets::SecretError;
use vconduit_oci::OciError;
use vconduit_sandbox::CompileError;
use vconduit_sandbox::engine::SandboxError;

/// A `vconduit link` command that failed.
#[derive(Debug, thiserror::Error)]
pub enum LinkCommandError {
    /// A file or folder can't be read or written.
    #[error("{} can't be {action}: {reason}", path.display())]
    File {
        /// Path of the file.
        path: PathBuf,
        /// `read` or `written`.
        action: &'static str,
        /// The error of the operating system.
        reason: io::Error,
    },
    /// A server would refuse the component.
    #[error("{} is refused: {reason}", path.display())]
    Refused {
        /// Path of the component.
        path: PathBuf,
        /// The check that failed, and the next step.
        reason: CompileError,
    },
    /// An input has errors: options, grants, limits, a case, a name.
    #[error("{0}")]
    Input(String),
    /// A project does not build, or the folder is not a project.
    #[error("{0}")]
    Project(String),
    /// The sandbox can't start on this machine.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A secret has a name or a value that does not work.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// An OCI registry refused a request or is unavailable.
    #[error(transparent)]
    Oci(#[from] OciError),
    /// The server refused the request.
    #[error("{0}")]
    Problem(Box<ServerProblem>),
    /// There is no connection to the server.
    #[error(
        "the server {server} can't be reached: {reason}; check --server (or VCONDUIT_SERVER), and that the server is running"
    )]
    Unreachable {
        /// URL of the server.
        server: String,
        /// The cause.
        reason: String,
    },
    /// The response is not one of the admin API.
    #[error(
        "the server {server} sent an unexpected response: {response}; check that --server names a vConduit of this version"
    )]
    Unexpected {
        /// URL of the server.
        server: String,
        /// Status and beginning of the body.
        response: String,
    },
}

impl LinkCommandError {
    pub(super) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        Self::file(path, "read")
    }

    pub(super) fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        Self::file(path, "written")
    }

    fn file(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |reason| Self::File { path, action, reason }
    }

    /// The exit code of the command.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Unexpected { .. } => Exit::Unavailable,
            Self::Problem(problem) if matches!(problem.status, 401 | 403) => Exit::Unavailable,
            _ => Exit::Failed,
        }
    }

    pub(super) fn into_output(self, is_json: bool) -> CommandOutput {
        let exit = self.exit();
        let json = match &self {
            Self::Problem(problem) => json!({"error": self.to_string(), "problem": problem.raw}),
            _ => json!({"error": self.to_string()}),
        };
        let text = match is_json {
            true => String::new(),
            false => format!("error: {self}"),
        };
        CommandOutput { text, json, exit }
    }
}
