//! `vconduit serve`: one server, until a signal.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::{App, AppOptions};
use crate::arguments::ServeArgs;
use crate::{CommandError, environment};

/// Exit code after a second signal: the one that shells give for an interrupt.
const INTERRUPTED: i32 = 130;

/// Runs a server until SIGTERM or SIGINT.
///
/// # Errors
/// When the server can't start.
pub(crate) async fn run(arguments: ServeArgs) -> Result<ExitCode, CommandError> {
    let settings = environment::settings().map_err(CommandError::Environment)?;
    vconduit_telemetry::logs::init(settings.log_format, false);
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let options = AppOptions {
        settings,
        config_file: arguments.config,
        listen: arguments.listen,
        roles: arguments.roles,
    };
    let app = App::start(options, &stop).await?;
    stop.cancelled().await;
    app.stop().await;
    Ok(ExitCode::SUCCESS)
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
