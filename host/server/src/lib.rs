//! The host as one program: the command line, the start and stop of a server, and the demo.
//!
//! Guarantee: parts are put together in this crate and nowhere else. No crate below knows how a
//! host starts.

pub mod app;
pub mod arguments;
pub mod demo;

mod check_config;
mod environment;
mod error;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use arguments::{Cli, Command, CompileComponentArgs};
pub use error::CommandError;
use vconduit_base::tls;
use vconduit_cli::link;
use vconduit_sandbox::compiler::child::{self, ChildLimits};

/// The whole program: reads the arguments, runs the command, and returns the exit code.
///
/// It is here and not generic, so that the code of the commands is generated once, for this crate.
/// In `main.rs` it would be generated again for the program.
#[must_use]
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    match cli.command {
        Command::Serve(arguments) => on_runtime(serve::run(arguments).boxed_local()),
        Command::CheckConfig(arguments) => on_runtime(check_config::run(arguments).boxed_local()),
        Command::Demo(arguments) => on_runtime(async { Ok(demo::run(arguments).await?) }.boxed_local()),
        Command::Link(arguments) => on_runtime(async { Ok(link::run(arguments).await) }.boxed_local()),
        // No runtime and no log: this process holds nothing but the component that it compiles.
        Command::CompileComponent(CompileComponentArgs {
            cpu_s,
            memory_bytes,
            leftovers,
        }) => Ok(child::run(ChildLimits {
            cpu_s,
            memory_bytes,
            leftovers,
        })),
    }
}

/// The command is boxed, so that the code that runs it is generated once for all commands.
fn on_runtime(command: LocalBoxFuture<'_, Result<ExitCode, CommandError>>) -> Result<ExitCode, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)?;
    tls::choose_provider();
    let code = runtime.block_on(command)?;
    // A blocking thread that hangs, for example in a storage, must not delay the exit.
    runtime.shutdown_background();
    Ok(code)
}

#[expect(clippy::print_stderr, reason = "a command may fail before there is a log")]
fn print_error(error: &CommandError) {
    eprintln!("error: {error}");
}
