//! `vconduit check-config`: checks a configuration file without a server.

use std::process::ExitCode;
use std::sync::Arc;

use crate::app::{StartError, services};
use crate::arguments::CheckConfigArgs;
use crate::serve::chain_names;
use crate::{CommandError, environment};
use vconduit_cli::link;
use vconduit_config::{Problem, Settings, Severity, check};
use vconduit_engine::control::check_file::check_file;
use vconduit_engine::registry::Registry;
use vconduit_sandbox::Sandbox;

/// Checks a file and prints the report. The exit code is 1 when the file has an error.
///
/// # Errors
/// When the file or the environment can't be read, or the sandbox can't start.
#[expect(clippy::print_stdout, reason = "the report is the output of the command")]
pub(crate) async fn run(arguments: CheckConfigArgs) -> Result<ExitCode, CommandError> {
    let chains = chain_names(&arguments.chains)?;
    let settings = environment::settings().map_err(CommandError::Environment)?;
    let registry = registry_without_store(&settings, link::local_sandbox()?)?;
    let mut checked = check_file(&arguments.file, &registry).await?;
    let unknown = checked
        .config
        .as_ref()
        .and_then(|config| config.unknown_chains(&chains));
    checked.add(unknown.map(|unknown| Problem {
        severity: Severity::Error,
        ..Problem::warning(
            "chains",
            format!("--chains: {unknown}"),
            "correct --chains, or add the chain",
        )
    }));
    println!("{}", check::report(&checked, arguments.json));
    Ok(match checked.has_errors() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// A registry with the secrets of this environment, and without uploaded components.
fn registry_without_store(settings: &Settings, sandbox: Arc<Sandbox>) -> Result<Registry, StartError> {
    let secrets = services::load_secrets(settings)?;
    let context = services::storage_context(settings, &secrets);
    Ok(Registry::without_store(sandbox, context))
}
