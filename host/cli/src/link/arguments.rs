//! `vconduit link …`: the arguments of its commands.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use vconduit_base::names::{LinkName, NameError};

/// Write, try, upload and switch links.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Link {
    /// What to do.
    #[command(subcommand)]
    pub command: LinkCommand,
}

/// What to do with links.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Start a project: a small link that builds, with cases to test it.
    New(New),
    /// Compile a project into a component.
    Build(Build),
    /// Show what a component is, needs and would be refused for. The checks are those of an upload.
    Inspect(Inspect),
    /// Run a component on one vCon, under a server's limits, and show what it did. Nothing is stored.
    Run(Run),
    /// Run cases: those of a project (tests/*.case.json) against its component, or a file of cases of standard links.
    Test(Test),
    /// Upload a component to a server, or push it to an OCI registry.
    Push(Push),
    /// Show the links of a server, or the versions of one.
    List(List),
    /// Switch a link to a version, on every host.
    Activate(Activate),
    /// Switch a link back to the version that was active before.
    Rollback(Rollback),
    /// Say what a version of a link may reach.
    Grant(Grant),
}

/// How answers are shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Output {
    /// Print one JSON object instead of text, errors included.
    #[arg(long)]
    pub json: bool,
}

/// A server, and who asks.
#[derive(Debug, Args)]
pub struct Server {
    /// The server.
    #[arg(
        long,
        value_name = "URL",
        env = "VCONDUIT_SERVER",
        default_value = "http://127.0.0.1:8000"
    )]
    pub server: String,
    /// The admin key. Others on this machine can see arguments: better the environment, or --key-file.
    #[arg(long, value_name = "KEY", env = "VCONDUIT_ADMIN_KEY", hide_env_values = true)]
    pub key: Option<Key>,
    /// A file with the admin key in its first line; goes before the environment.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

/// A key of the admin API; never shown.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    /// The key itself, for the request.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
}

impl FromStr for Key {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.trim();
        match key.is_empty() || key.chars().any(|character| !character.is_ascii_graphic()) {
            true => Err("a key is one word of visible characters"),
            false => Ok(Self(key.to_owned())),
        }
    }
}

fn link_name(text: &str) -> Result<LinkName, NameError> {
    LinkName::new(text)
}

/// Start a project.
#[derive(Debug, Args)]
pub struct New {
    /// The link: a-z, 0-9, _ and -, beginning with a letter.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language.
    #[arg(long, value_enum, default_value = "rust")]
    pub lang: Language,
    /// Where to put it; the default is a new folder of the link's name.
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// A language that projects can be started in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust.
    Rust,
}

/// Compile a project.
#[derive(Debug, Args)]
pub struct Build {
    /// The project.
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Show what a component is.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The component, or a project: it is built first.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Run a component on one vCon.
#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub struct Run {
    /// The component, or a project: it is built first.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The vCon; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub vcon: PathBuf,
    /// Options, a JSON object over the link's defaults.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub options: String,
    /// What the link may reach.
    #[command(flatten)]
    pub grants: GivenGrants,
    /// Limits, a JSON object as under `limits` in the configuration, for example {"cpu_ms": 500}.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub limits: String,
    /// A secret: NAME=VALUE, or NAME alone for the variable VCONDUIT_SECRET_NAME. May be given several times.
    #[arg(long = "secret", value_name = "NAME[=VALUE]")]
    pub secrets: Vec<String>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Grants, as JSON.
#[derive(Debug, Args)]
pub struct GivenGrants {
    /// Grants, a JSON object as under `grants` in the configuration, for example {"http": ["api.example.com"]}.
    #[arg(long, value_name = "JSON")]
    pub grants: Option<String>,
    /// A file with the grants.
    #[arg(long, value_name = "FILE", conflicts_with = "grants")]
    pub grants_file: Option<PathBuf>,
}

/// Run cases.
#[derive(Debug, Args)]
#[command(after_help = CASES_HELP)]
pub struct Test {
    /// A project (its tests/*.case.json), or one file of cases.
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// The component that every case is run against. Without it, a case that names a standard link (`link`) is run against that, and
    /// for any other the project that the cases belong to is built.
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// Only cases about this link.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// Only cases whose id holds this text.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Upload a component.
#[derive(Debug, Args)]
#[command(after_help = PUSH_HELP)]
pub struct Push {
    /// The component, or a project: it is built first. `oci:host/repo:tag` has the server fetch it from a registry.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The link that gets a new version.
    #[arg(value_name = "NAME", required_unless_present = "oci", conflicts_with = "oci", value_parser = link_name)]
    pub name: Option<LinkName>,
    /// Push to this place in an OCI registry instead: host/repo:tag.
    #[arg(long, value_name = "REF")]
    pub oci: Option<String>,
    /// Switch the link to this version when it has been accepted.
    #[arg(long, conflicts_with = "oci")]
    pub activate: bool,
    /// What is new; kept with the version.
    #[arg(long, value_name = "TEXT", conflicts_with = "oci")]
    pub note: Option<String>,
    /// The minisign signature; the default is FILE.minisig where there is one.
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    /// Where to.
    #[command(flatten)]
    pub server: Server,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Show links.
#[derive(Debug, Args)]
pub struct List {
    /// One link: its versions.
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: Option<LinkName>,
    /// Whom to ask.
    #[command(flatten)]
    pub server: Server,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Switch a link to a version.
#[derive(Debug, Args)]
pub struct Activate {
    /// The link.
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: LinkName,
    /// The version: its digest, or the first six or more characters of it.
    #[arg(value_name = "DIGEST")]
    pub digest: String,
    /// Whom to ask.
    #[command(flatten)]
    pub server: Server,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Switch a link back.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The link.
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: LinkName,
    /// Whom to ask.
    #[command(flatten)]
    pub server: Server,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

/// Say what a version may reach.
#[derive(Debug, Args)]
#[command(after_help = GRANT_HELP)]
pub struct Grant {
    /// The link.
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: LinkName,
    /// The version; the default is the active one.
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// All grants at once.
    #[command(flatten)]
    pub grants: GivenGrants,
    /// A host for HTTP requests: name, *.domain, or address, and a port where it is not the usual one. May be given several times.
    #[arg(long, value_name = "HOST", conflicts_with_all = ["grants", "grants_file"])]
    pub http: Vec<String>,
    /// A host on this machine or in a private network.
    #[arg(long, value_name = "HOST", conflicts_with_all = ["grants", "grants_file"])]
    pub private_http: Vec<String>,
    /// A secret, by name.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["grants", "grants_file"])]
    pub secret: Vec<String>,
    /// A list that ids may be pushed to; a * may stand at the end.
    #[arg(long, value_name = "LIST", conflicts_with_all = ["grants", "grants_file"])]
    pub queue: Vec<String>,
    /// What may be done to other vCons: read, create, delete, expire.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', conflicts_with_all = ["grants", "grants_file"])]
    pub vcons: Vec<String>,
    /// Nothing: what was granted is taken away.
    #[arg(long, conflicts_with_all = ["grants", "grants_file", "http", "private_http", "secret", "queue", "vcons"])]
    pub nothing: bool,
    /// Whom to ask.
    #[command(flatten)]
    pub server: Server,
    /// How to answer.
    #[command(flatten)]
    pub output: Output,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it did not work: refused, a case failed, a file can't be read
  2  the arguments are wrong
  3  the server can't be reached, or does not accept the key
  4  done in part: the new version is held, or a host did not confirm the switch

Five minutes:
  vconduit link new greeter && cd greeter
  vconduit link build && vconduit link test
  vconduit link run . --vcon my.vcon.json
  vconduit link push . greeter --activate";

const RUN_HELP: &str = "\
What is not granted is refused, as on a server. Without --grants nothing is granted; what the link asks for is shown
by `vconduit link inspect`. Requests to hosts that are granted are really sent.";

const CASES_HELP: &str = "\
A case file holds one case or a list of cases:
  {\"id\": \"greets\", \"link\": \"tag\", \"level\": \"must\", \"options\": {…}, \"input_vcon\": {…},
   \"host\": {\"now_unix\": 1700000000, \"uniform_0_100\": 12, \"http_responses\": [{\"status\": 200, \"json\": {…}}]},
   \"expect\": {\"returns\": \"<uuid>\", \"stored\": true, \"vcon\": {…}, \"http\": [{\"method\": \"POST\", \"url\": \"https://…\", \"json\": {…}}],
              \"error\": {\"contains\": \"…\"}, \"enqueued\": [[\"list\", \"<uuid>\"]], \"ttl\": [[\"<uuid>\", 60]], \"slept\": [1.5], \"counters\": […]}}
Nothing leaves the machine: requests to the hosts under expect.http get the answers under host.http_responses, in order.
`link` names a standard link; leave it out for the component of your own project. A case with the level `quirk` may differ
without failing.
A link is granted what it asks for; a case can say otherwise with \"grants\", and set \"limits\" and \"secrets\".";

const PUSH_HELP: &str = "\
An OCI registry is asked as VCONDUIT_OCI_USER with VCONDUIT_OCI_PASSWORD if VCONDUIT_OCI_REGISTRY names it, and over https
unless it is on this machine or named in VCONDUIT_OCI_INSECURE. A signature travels in base64 as
the annotation vconduit.signature.minisign of the manifest.";

const GRANT_HELP: &str = "\
What is given replaces what the version had. For example:
  vconduit link grant greeter --http api.example.com --secret API_KEY
  vconduit link grant greeter --grants '{\"http\": [\"api.example.com\"]}'";
