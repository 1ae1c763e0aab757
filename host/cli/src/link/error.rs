//! Why a command did not do what it was asked.
//!
//! Guarantee: every text names the thing at fault and says what to do.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::remote::problem::Problem;
use super::{Answer, Exit};
use vconduit_base::secrets::SecretError;
use vconduit_oci::OciError;
use vconduit_sandbox::CompileError;
use vconduit_sandbox::engine::SandboxError;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A file.
    #[error("{} can't be {what}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// `read` or `written`.
        what: &'static str,
        /// Why.
        reason: io::Error,
    },
    /// A component that a server would refuse.
    #[error("{} is refused: {reason}", path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        reason: CompileError,
    },
    /// Something given does not fit: options, grants, limits, a case, a name.
    #[error("{0}")]
    Given(String),
    /// A project does not build, or is none.
    #[error("{0}")]
    Project(String),
    /// The sandbox can't be set up here.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// An OCI registry.
    #[error(transparent)]
    Oci(#[from] OciError),
    /// The server said no.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// The server can't be asked.
    #[error(
        "the server {server} can't be asked: {reason}; check --server (or VCONDUIT_SERVER), and that it is running"
    )]
    Unreachable {
        /// Which.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server does not speak the admin API.
    #[error(
        "the server {server} answered something unexpected: {said}; check that --server names a vConduit of this version"
    )]
    Unexpected {
        /// Which.
        server: String,
        /// What it said.
        said: String,
    },
}

impl LinkError {
    pub(super) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        Self::file(path, "read")
    }

    pub(super) fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        Self::file(path, "written")
    }

    fn file(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |reason| Self::File { path, what, reason }
    }

    /// How the command ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Unexpected { .. } => Exit::Away,
            Self::Problem(problem) if matches!(problem.status, 401 | 403) => Exit::Away,
            _ => Exit::Failed,
        }
    }

    pub(super) fn into_answer(self, as_json: bool) -> Answer {
        let exit = self.exit();
        let json = match &self {
            Self::Problem(problem) => json!({"error": self.to_string(), "problem": problem.raw}),
            _ => json!({"error": self.to_string()}),
        };
        Answer {
            text: if as_json {
                String::new()
            } else {
                format!("error: {self}")
            },
            json,
            exit,
        }
    }
}
