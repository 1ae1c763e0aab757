//! `vconduit serve`: one server, until a signal.

use std::collections::BTreeSet;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::{App, AppOptions, StartError};
use crate::arguments::ServeArgs;
use crate::{CommandError, environment};
use vconduit_base::names::ChainName;

/// Exit code after a second signal: the one that shells give for an interrupt.
const INTERRUPTED: i32 = 130;

/// Runs a server until SIGTERM or SIGINT.
///
/// # Errors
/// When the server can't start.
pub(crate) async fn run(arguments: ServeArgs) -> Result<ExitCode, CommandError> {
    let chains = chain_names(&arguments.chains)?;
    let settings = environment::settings().map_err(CommandError::Environment)?;
    vconduit_telemetry::logs::init(settings.log_format, false);
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let options = AppOptions {
        settings,
        config_file: arguments.config,
        listen: arguments.listen,
        roles: arguments.roles,
        chains,
    };
    let app = App::start(options, &stop).await?;
    stop.cancelled().await;
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Reads the names of `--chains`. An empty variable counts as not set.
///
/// # Errors
/// When a text can't be the name of a chain.
pub(crate) fn chain_names(texts: &[String]) -> Result<BTreeSet<ChainName>, StartError> {
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    texts
        .map(|text| ChainName::new(text).map_err(|error| StartError::Setting(format!("--chains: {error}"))))
        .collect()
}

/// Requests a stop at the first signal, and ends the process at once at the second.
async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    next().await;
    tracing::info!("stopping; a second signal ends the process at once");
    stop.cancel();
    next().await;
    std::process::exit(INTERRUPTED);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_chains_may_have_spaces_around_them_and_an_empty_variable_is_none() {
        let names = |texts: &[&str]| chain_names(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let read = names(&["a", " b "]).unwrap();
        assert_eq!(read.iter().map(ChainName::as_str).collect::<Vec<_>>(), ["a", "b"]);
        assert!(names(&[""]).unwrap().is_empty());
        let error = names(&["a", "\n\u{7}x"]).unwrap_err();
        assert!(error.to_string().starts_with("--chains: "), "{error}");
    }
}
