//! Arguments of the commands for authors: they need no server.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{GrantsArgs, OutputArgs};

/// Arguments of `vconduit link new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name of the link: a-z, 0-9, _ and -, with a letter first
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Programming language of the project
    #[arg(long, value_enum, default_value = "rust")]
    pub lang: Language,
    /// Folder of the project; the default is a new folder with the name of the link
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A programming language of new projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust
    Rust,
}

/// Arguments of `vconduit link build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Component file, or folder of a project, which is built first
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Component file, or folder of a project, which is built first
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// File with the vCon; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub vcon: PathBuf,
    /// Options: a JSON object that overrides defaults of the link
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub options: String,
    /// Grants of the link.
    #[command(flatten)]
    pub grants: GrantsArgs,
    /// Limits: a JSON object as under `limits` in the configuration, for example {"cpu_ms": 500}
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub limits: String,
    /// A secret: NAME=VALUE, or NAME alone for the variable VCONDUIT_SECRET_NAME. Can be repeated
    #[arg(long = "secret", value_name = "NAME[=VALUE]")]
    pub secrets: Vec<String>,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `vconduit link test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Folder of a project, with cases in tests/*.case.json, or one file of cases
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Component to run all cases on
    ///
    /// Without it, a case with `link` runs on the standard link of that name. Any other case runs
    /// on the project that it belongs to, which is built first.
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// Run only the cases of this standard link
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// Run only the cases whose id contains this text
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Form of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}
