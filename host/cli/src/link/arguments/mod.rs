//! Arguments of `vconduit link …`, one structure for each command.

mod author;
mod common;
mod help;
mod operator;

use clap::{Args, Subcommand};

pub use author::{BuildArgs, InspectArgs, Language, NewArgs, RunArgs, TestArgs};
pub use common::{GrantsArgs, OutputArgs, ServerArgs, ServerKey};
pub use operator::{ActivateArgs, GrantArgs, ListArgs, PushArgs, RollbackArgs};

/// Arguments of `vconduit link`.
#[derive(Debug, Args)]
#[command(after_help = help::LINK)]
pub struct LinkArgs {
    /// The command.
    #[command(subcommand)]
    pub command: LinkCommand,
}

/// A command for authors or operators of links.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Create a project: a small link that builds, with test cases
    New(NewArgs),
    /// Compile a project to a component
    Build(BuildArgs),
    /// Show a component: its description, needs and imports, and whether a server would accept it
    ///
    /// The checks are those of an upload. The exit code is 1 when a server would refuse the
    /// component.
    Inspect(InspectArgs),
    /// Run a component on one vCon with a server's limits, and show the result; nothing is stored
    #[command(after_help = help::RUN)]
    Run(RunArgs),
    /// Run test cases: of a project (tests/*.case.json), or of a file
    #[command(after_help = help::TEST)]
    Test(TestArgs),
    /// Upload a component to a server, or push it to an OCI registry
    #[command(after_help = help::PUSH)]
    Push(PushArgs),
    /// List the links of a server, or the versions of one link
    List(ListArgs),
    /// Activate a version of a link on all hosts
    Activate(ActivateArgs),
    /// Activate the version of a link that was active before
    Rollback(RollbackArgs),
    /// Set what a version of a link may access
    #[command(after_help = help::GRANT)]
    Grant(GrantArgs),
}

impl LinkCommand {
    /// True when the output is for a program.
    pub(super) fn is_json(&self) -> bool {
        let output = match self {
            Self::New(arguments) => arguments.output,
            Self::Build(arguments) => arguments.output,
            Self::Inspect(arguments) => arguments.output,
            Self::Run(arguments) => arguments.output,
            Self::Test(arguments) => arguments.output,
            Self::Push(arguments) => arguments.output,
            Self::List(arguments) => arguments.output,
            Self::Activate(arguments) => arguments.output,
            Self::Rollback(arguments) => arguments.output,
            Self::Grant(arguments) => arguments.output,
        };
        output.json
    }
}
