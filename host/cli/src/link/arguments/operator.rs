//! Arguments of the commands for operators: they use a server or a registry.

use std::path::PathBuf;

use clap::Args;

use super::common::link_name;
use super::{GrantsArgs, OutputArgs, ServerArgs};
use vconduit_base::names::LinkName;

/// Arguments of `vconduit link push`.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// Component file, or folder of a project, which is built first
    ///
    /// With `oci:host/repo:tag` the server fetches the component from that registry.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Name of the link that gets a new version
    #[arg(value_name = "NAME", required_unless_present = "oci", conflicts_with = "oci", value_parser = link_name)]
    pub name: Option<LinkName>,
    /// Push to an OCI registry instead of a server: host/repo:tag
    #[arg(long, value_name = "REF")]
    pub oci: Option<String>,
    /// Activate the version when the server has accepted it
    #[arg(long, conflicts_with = "oci")]
    pub activate: bool,
    /// Note on the version; the server stores it
    #[arg(long, value_name = "TEXT", conflicts_with = "oci")]
    pub note: Option<String>,
    /// File with the minisign signature; the default is FILE.minisig if it exists
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    /// Destination.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Name of a link, to list its versions
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: Option<LinkName>,
    /// Server to ask.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link activate`.
#[derive(Debug, Args)]
pub struct ActivateArgs {
    /// Name of the link
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: LinkName,
    /// Version: its digest, or at least the first six characters of it
    #[arg(value_name = "DIGEST")]
    pub digest: String,
    /// Server to ask.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Name of the link
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: LinkName,
    /// Server to ask.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link grant`.
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// Name of the link
    #[arg(value_name = "NAME", value_parser = link_name)]
    pub name: LinkName,
    /// Version: its digest, or at least the first six characters of it; the default is the active
    /// one
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// All grants at once.
    #[command(flatten)]
    pub grants: GrantsArgs,
    /// Public host for HTTP requests: name, *.domain or address, with a port if it is not the
    /// default. Can be repeated
    #[arg(long, value_name = "HOST", conflicts_with_all = ["grants", "grants_file"])]
    pub http: Vec<String>,
    /// Host for HTTP requests on the server's machine or in a private network. Can be repeated
    #[arg(long, value_name = "HOST", conflicts_with_all = ["grants", "grants_file"])]
    pub private_http: Vec<String>,
    /// Name of a secret that the link may read. Can be repeated
    #[arg(long, value_name = "NAME", conflicts_with_all = ["grants", "grants_file"])]
    pub secret: Vec<String>,
    /// List that the link may push ids to; a * at the end stands for any text. Can be repeated
    #[arg(long, value_name = "LIST", conflicts_with_all = ["grants", "grants_file"])]
    pub queue: Vec<String>,
    /// Operations on other vCons, separated by commas: read, create, delete, expire
    #[arg(long, value_name = "OPERATIONS", value_delimiter = ',', conflicts_with_all = ["grants", "grants_file"])]
    pub vcons: Vec<String>,
    /// Grant nothing, and remove all grants that the version has
    #[arg(long, conflicts_with_all = ["grants", "grants_file", "http", "private_http", "secret", "queue", "vcons"])]
    pub nothing: bool,
    /// Server to ask.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}
