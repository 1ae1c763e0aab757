//! The command line: its arguments, and the texts of `--help`.

mod environment_help;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use environment_help::ENVIRONMENT;

/// vConduit runs vCons through chains of sandboxed links.
#[derive(Debug, Parser)]
#[command(name = "vconduit", version, about, long_about = None, propagate_version = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// A command of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a server: the REST API, the worker, or both
    #[command(after_help = ENVIRONMENT)]
    Serve(ServeArgs),
    /// Check a configuration file and list every problem with its line
    ///
    /// References, options, storages and components are checked in this environment, as `vconduit
    /// serve` does at its start. Things that only a running server can check are warnings: uploaded
    /// components, and secrets or a Redis that this environment does not have. The exit code is 1
    /// when there is an error.
    CheckConfig(CheckConfigArgs),
    /// Start a server with an empty store, post the sample vCons, and show the result of each
    ///
    /// The demo needs no Redis and no other service. Run it in the project's folder. Without --exit
    /// the server keeps running until Ctrl-C, so that you can send requests to it.
    Demo(DemoArgs),
    /// Create, test, upload and activate links
    Link(vconduit_cli::link::arguments::LinkArgs),
    /// Compile one component from standard input. The server starts this process for each upload
    #[command(hide = true)]
    CompileComponent(CompileComponentArgs),
}

/// Arguments of `vconduit serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Path of the configuration file
    #[arg(
        long,
        value_name = "FILE",
        env = "CONSERVER_CONFIG_FILE",
        default_value = "config/vconduit.yml"
    )]
    pub config: PathBuf,
    /// Address that the REST API listens on
    #[arg(long, value_name = "ADDR", env = "VCONDUIT_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Roles of this process, separated by commas; a deployment can run them in separate processes
    #[arg(long, value_name = "ROLES", value_enum, value_delimiter = ',', env = "VCONDUIT_ROLES", default_values = ["api", "worker"])]
    pub roles: Vec<Role>,
    /// Chains that this process runs, separated by commas [default: all of the configuration]
    ///
    /// vCons of other chains stay on their lists, for other hosts. A name that is not that of a
    /// chain is an error at the start.
    #[arg(long, value_name = "CHAINS", value_delimiter = ',', env = "VCONDUIT_CHAINS")]
    pub chains: Vec<String>,
}

/// A role of a server process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Serve the REST API and the admin API
    Api,
    /// Run chains; only health, readiness and metrics are served
    Worker,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Api => "api",
            Self::Worker => "worker",
        })
    }
}

/// Arguments of `vconduit check-config`.
#[derive(Debug, Args)]
pub struct CheckConfigArgs {
    /// Path of the configuration file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Check that the file has these chains, as `vconduit serve --chains` does
    #[arg(long, value_name = "CHAINS", value_delimiter = ',', env = "VCONDUIT_CHAINS")]
    pub chains: Vec<String>,
}

/// Arguments of `vconduit demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Address that the REST API listens on; port 0 takes a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Path of the configuration file
    #[arg(long, value_name = "FILE", default_value = "config/vconduit.yml")]
    pub config: PathBuf,
    /// Folder with the vCons to post: files *.vcon.json
    #[arg(long, value_name = "DIR", default_value = "config/samples")]
    pub samples: PathBuf,
    /// Exit when all vCons are processed; the exit code is 0 only if each arrived where it should
    #[arg(long)]
    pub exit: bool,
    /// Print one JSON object instead of tables, and exit as with --exit
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `vconduit compile-component`: the limits of the process.
#[derive(Debug, Args)]
pub struct CompileComponentArgs {
    /// CPU time of all threads together, in seconds
    #[arg(long)]
    pub cpu_s: u64,
    /// Address space, in bytes
    #[arg(long)]
    pub memory_bytes: u64,
    /// Run with low priority: only on processors that nobody else uses
    #[arg(long)]
    pub leftovers: bool,
}
