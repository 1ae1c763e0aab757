//! The command line: what can be written, and what `--help` says about it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// vConduit runs vCons through chains of sandboxed links.
#[derive(Debug, Parser)]
#[command(name = "vconduit", version, about, long_about = None, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: the REST API and the worker.
    Serve(Serve),
    /// Check a configuration file: every problem with its line and what to do. Exit code 1 if there is an error.
    CheckConfig(CheckConfig),
    /// See it work: start a server on the embedded store, post the sample vCons, show where each went.
    Demo(Demo),
    /// Write, try, upload and switch links: for their authors and for operators.
    Link(vconduit_cli::link::arguments::Link),
    /// Compile one component from standard input: what the server starts for each upload.
    #[command(hide = true)]
    CompileComponent(CompileComponent),
}

/// Run the server.
#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub struct Serve {
    /// The configuration file.
    #[arg(
        long,
        value_name = "FILE",
        env = "CONSERVER_CONFIG_FILE",
        default_value = "config/vconduit.yml"
    )]
    pub config: PathBuf,
    /// Where the REST API listens.
    #[arg(long, value_name = "ADDR", env = "VCONDUIT_LISTEN", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// What this process does; a deployment can split or scale the two.
    #[arg(long, value_name = "ROLES", value_enum, value_delimiter = ',', env = "VCONDUIT_ROLES", default_values = ["api", "worker"])]
    pub roles: Vec<Role>,
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Answer the REST API.
    Api,
    /// Run chains. Health, readiness and metrics are answered on the same address.
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

/// Check a configuration file.
///
/// A file that passes can be started with in this environment: references, options, storages and components are checked as `serve` does. What
/// only a server can tell is a warning: uploaded components, and secrets or a Redis that this environment lacks.
#[derive(Debug, Args)]
pub struct CheckConfig {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}

/// See it work.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the REST API listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "config/vconduit.yml")]
    pub config: PathBuf,
    /// The folder with the vCons to post.
    #[arg(long, value_name = "DIR", default_value = "config/samples")]
    pub samples: PathBuf,
    /// End when the work is done; exit code 0 only if every vCon arrived where it should.
    #[arg(long)]
    pub exit: bool,
    /// Print one JSON object instead of the table, then end as with --exit.
    #[arg(long)]
    pub json: bool,
}

/// Limits of a compiling process.
#[derive(Debug, Args)]
pub struct CompileComponent {
    /// CPU seconds, all threads together.
    #[arg(long)]
    pub cpu_s: u64,
    /// Address space in bytes.
    #[arg(long)]
    pub memory_bytes: u64,
    /// Take only what no one else wants of the processors.
    #[arg(long)]
    pub leftovers: bool,
}

const ENVIRONMENT: &str = "\
Environment (names of the vCon Conserver where it has one):
  REDIS_URL                    use this Redis; without it, one file under VCONDUIT_DATA_DIR
  VCONDUIT_DATA_DIR            the embedded store and the compile cache [./data]
  CONSERVER_API_TOKEN          an API key; CONSERVER_API_TOKEN_FILE: a file with one key a line. Neither: every route is open
  CONSERVER_HEADER_NAME        the header that carries the key [x-conserver-api-token]
  VCONDUIT_ADMIN_TOKEN         a key of the admin API; VCONDUIT_ADMIN_TOKEN_FILE: a file with lines `name:key`. Neither: the admin API
                               is open on a loopback address without API keys, else closed
  API_ROOT_PATH                a prefix under which every route answers too [/api]
  CONSERVER_VCON_CONCURRENCY   vCons in work at once, times CONSERVER_WORKERS [64]
  CONSERVER_PARALLEL_STORAGE   save to several storages at once [true]
  VCON_REDIS_EXPIRY            seconds that a vCon stays in the store [3600]
  VCON_INDEX_EXPIRY            seconds that a party index stays [86400]
  VCON_CONTEXT_EXPIRY          seconds that a trace context stays [86400]
  VCON_DLQ_EXPIRY              seconds that a failed vCon stays; 0 leaves its time as it is [604800]
  VCONDUIT_TRAIL_EXPIRY        seconds that it is kept what runs did with a vCon; 0: not at all [3600]
  VCON_SORTED_SET_NAME         the listing index [vcons]
  VCON_STORAGE_FALLBACK_ENABLED  read expired vCons from the storages [true]
  EGRESS_FORMAT_VERSION        0.0.1 sends vCons out in that old form
  VCONDUIT_SECRET_<NAME>       a secret for links; VCONDUIT_SECRETS_DIR: a folder with one 0600 file each
  VCONDUIT_OCI_REGISTRY        the OCI registry (host:port) that VCONDUIT_OCI_USER and VCONDUIT_OCI_PASSWORD are for; others see nobody
  VCONDUIT_OCI_INSECURE        OCI registries that are spoken to without TLS, with commas between
  VCONDUIT_MAX_BODY_BYTES      the largest request body [67108864]
  VCONDUIT_LEASE_MS            how long a claim lasts without renewal [30000]
  VCONDUIT_DRAIN_MS            how long a stop waits for runs in flight [25000]
  VCONDUIT_LOG_FORMAT          json or pretty [pretty on a terminal, else json]; RUST_LOG chooses what is said";
