//! Arguments, then a host, then a signal.

use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use vconduit::app::{self, App, AppOptions};
use vconduit::arguments::{CheckConfig, Cli, Command, CompileComponent, Serve};
use vconduit::demo;
use vconduit_base::tls;
use vconduit_cli::link;
use vconduit_config::{Settings, check};
use vconduit_engine::control::check_file::check_file;
use vconduit_sandbox::compiler::child::{self, ChildLimits};

/// Links make many short-lived allocations on two runtimes; measured, the system's allocator costs a tenth of the throughput.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => on_runtime(run_server(serve)),
        Command::CheckConfig(arguments) => on_runtime(check_config(arguments)),
        Command::Demo(arguments) => on_runtime(demo::run(arguments)),
        Command::Link(arguments) => on_runtime(async { Ok(link::run(arguments).await) }),
        // Nothing else is set up: this process is to hold nothing but what it compiles.
        Command::CompileComponent(CompileComponent {
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

fn on_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tls::choose_provider();
    let code = runtime.block_on(work)?;
    // Blocking threads (a storage that hangs) must not hold the exit.
    runtime.shutdown_background();
    Ok(code)
}

async fn run_server(serve: Serve) -> anyhow::Result<ExitCode> {
    let settings = settings()?;
    vconduit_telemetry::logs::init(settings.log_format, false);
    let stop = CancellationToken::new();
    tokio::spawn(on_signal(stop.clone()));
    let options = AppOptions {
        settings,
        config_file: serve.config,
        listen: serve.listen,
        roles: serve.roles,
    };
    let app = App::start(options, &stop).await?;
    stop.cancelled().await;
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn settings() -> anyhow::Result<Settings> {
    Settings::from_env(&|name| std::env::var(name).ok()).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the environment does not fit:\n  {}", lines.join("\n  "))
    })
}

/// The first signal asks for a stop; a second one ends the process at once.
async fn on_signal(stop: CancellationToken) {
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
    std::process::exit(130);
}

#[expect(clippy::print_stdout, reason = "the report is what was asked for")]
async fn check_config(arguments: CheckConfig) -> anyhow::Result<ExitCode> {
    let registry = app::registry_without_store(&settings()?, link::local_sandbox()?)?;
    let checked = check_file(&arguments.file, &registry).await?;
    println!("{}", check::report(&checked, arguments.json));
    Ok(if checked.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

#[expect(clippy::print_stderr, reason = "there may be no log yet")]
fn complain(text: &str) {
    eprintln!("{text}");
}
