//! `vconduit link …`: the commands for authors and operators of links, one file each.
//!
//! Guarantee: a command describes a component with the server's own code (sandbox, checks, limits).
//! Every text from a component or a server is escaped before it reaches the terminal. A key is
//! never shown.

pub mod arguments;
mod build;
mod cargo;
pub mod cases;
mod error;
mod inputs;
mod inspect;
mod local;
mod new;
mod output;
mod push;
mod remote;
mod run;
mod test;
#[cfg(test)]
mod tests;
mod words;

use std::process::ExitCode;

use futures::FutureExt as _;
use futures::future::BoxFuture;

pub use error::LinkCommandError;
pub use local::sandbox as local_sandbox;
pub use output::{CommandOutput, Exit};

use crate::link::arguments::{LinkArgs, LinkCommand};

/// Runs a command and prints its output.
pub fn run(arguments: LinkArgs) -> BoxFuture<'static, ExitCode> {
    // Boxed, so that its code is generated in this crate and not again in each that awaits it.
    print_output_of(arguments).boxed()
}

async fn print_output_of(arguments: LinkArgs) -> ExitCode {
    let is_json = arguments.command.is_json();
    let output = match execute(&arguments.command).await {
        Ok(output) => output,
        Err(error) => error.into_output(is_json),
    };
    output.print(is_json)
}

/// Runs a command.
///
/// # Errors
/// When the command failed. The text names the thing at fault and the next step.
pub async fn execute(command: &LinkCommand) -> Result<CommandOutput, LinkCommandError> {
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
