//! The error of a command.

use std::io;

use crate::app::StartError;
use crate::demo::DemoError;
use vconduit_cli::link;
use vconduit_config::SettingProblem;
use vconduit_config::check::Unreadable;

/// A command that could not be run. The text names the thing at fault and the next step.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The operating system gives no threads or no event queue.
    #[error("the runtime can't start: {0}; check the limits on threads and open files of this process (`ulimit -a`)")]
    Runtime(#[source] io::Error),
    /// Environment variables with values that do not work: all of them, one a line.
    #[error("the environment has errors; correct or unset these variables:{}", lines(.0))]
    Environment(Vec<SettingProblem>),
    /// A server that did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A configuration file that can't be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The sandbox in which `check-config` compiles components.
    #[error(transparent)]
    Sandbox(#[from] link::LinkCommandError),
    /// The demo.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

/// The problems, each on an indented line of its own.
pub(crate) fn lines(problems: &[SettingProblem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}
