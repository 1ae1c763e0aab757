//! `vconduit link …`: the commands for authors and operators of links, one file each.
//!
//! Guarantee: what a command says about a component comes from the server's own code (sandbox, checks, limits); every text from a
//! component or a server is escaped before it reaches the terminal; a key is never shown.

mod answer;
pub mod arguments;
mod build;
pub mod cases;
mod error;
mod given;
mod inspect;
mod local;
mod new;
mod push;
mod remote;
mod run;
mod test;
#[cfg(test)]
mod tests;
mod words;

use std::process::ExitCode;

pub use answer::{Answer, Exit};
pub use error::LinkError;
pub use local::sandbox as local_sandbox;

use crate::link::arguments::{Link, LinkCommand};

/// Runs a command and shows its answer.
pub async fn run(arguments: Link) -> ExitCode {
    let json = arguments.command.json();
    let answer = match execute(&arguments.command).await {
        Ok(answer) => answer,
        Err(error) => error.into_answer(json),
    };
    answer.show(json)
}

/// Runs a command.
///
/// # Errors
/// What did not work, with what to do.
pub async fn execute(command: &LinkCommand) -> Result<Answer, LinkError> {
    match command {
        LinkCommand::New(arguments) => new::run(arguments),
        LinkCommand::Build(arguments) => build::run(arguments).await,
        LinkCommand::Inspect(arguments) => inspect::run(arguments).await,
        LinkCommand::Run(arguments) => run::run(arguments).await,
        LinkCommand::Test(arguments) => test::run(arguments).await,
        LinkCommand::Push(arguments) => push::run(arguments).await,
        LinkCommand::List(arguments) => remote::list::run(arguments).await,
        LinkCommand::Activate(arguments) => remote::switch::activate(arguments).await,
        LinkCommand::Rollback(arguments) => remote::switch::rollback(arguments).await,
        LinkCommand::Grant(arguments) => remote::grant::run(arguments).await,
    }
}

impl LinkCommand {
    /// Whether the answer is for a program.
    fn json(&self) -> bool {
        match self {
            Self::New(arguments) => arguments.output.json,
            Self::Build(arguments) => arguments.output.json,
            Self::Inspect(arguments) => arguments.output.json,
            Self::Run(arguments) => arguments.output.json,
            Self::Test(arguments) => arguments.output.json,
            Self::Push(arguments) => arguments.output.json,
            Self::List(arguments) => arguments.output.json,
            Self::Activate(arguments) => arguments.output.json,
            Self::Rollback(arguments) => arguments.output.json,
            Self::Grant(arguments) => arguments.output.json,
        }
    }
}
