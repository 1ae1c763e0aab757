//! The demo: a whole deployment in one process, real vCons through real chains, and a look at what became of each.
//!
//! Guarantee: the numbers shown were counted, and the exit code is 0 only if every vCon that was taken is where its chain should have brought it.

mod client;
mod follow;
mod receiver;
mod report;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use crate::app::{App, AppOptions};
use crate::arguments::{Demo, Role};
use vconduit_base::LogFormat;
use vconduit_base::names::ListName;
use vconduit_config::Settings;
use vconduit_telemetry::logs;

use client::Client;
use receiver::Receiver;

/// The list that the demo's vCons go to, as in `config/vconduit.yml`.
const LIST: &str = "demo";
/// Where the webhook of `config/vconduit.yml` points; the demo puts its own receiver's address there.
const WEBHOOK: &str = "http://127.0.0.1:8099";
/// How long all vCons together may take. Far more than they need; a machine under load must not fail the demo.
const AT_MOST: Duration = Duration::from_secs(120);

/// Runs the demo.
///
/// # Errors
/// When a part can't be started; the message says which and what to do.
pub async fn run(arguments: Demo) -> anyhow::Result<ExitCode> {
    logs::init(LogFormat::Pretty, true);
    let began = Instant::now();
    let settings = settings()?;
    let receiver = Receiver::start()
        .await
        .context("the demo's webhook receiver did not start")?;
    let config_file = config(&arguments, &settings, &receiver)?;
    let samples = client::samples(&arguments.samples)?;
    let key = settings
        .api_keys
        .first()
        .cloned()
        .map(|key| (settings.api_key_header.clone(), key));
    let options = AppOptions {
        settings,
        config_file,
        listen: arguments.listen,
        roles: vec![Role::Api, Role::Worker],
    };
    let stop = CancellationToken::new();
    let app = App::start(options, &stop).await?;
    let client = Client::new(app.address, key)?;
    let bar = progress(samples.len() as u64, arguments.json);
    let work_began = Instant::now();
    let events = app.events.listen();
    let posted = client.post_all(samples, LIST, &bar).await?;
    let runs = follow::until_ended(events, &posted, &ListName::new(LIST)?, &bar, AT_MOST).await;
    let wall = work_began.elapsed();
    bar.finish_and_clear();
    let report = report::Report::make(&app, &client, posted, runs, &receiver, wall).await?;
    let ends = arguments.exit || arguments.json;
    report.print(arguments.json, app.address, began.elapsed(), ends);
    if !ends {
        tokio::signal::ctrl_c().await.context("can't wait for Ctrl-C")?;
    }
    app.stop().await;
    Ok(if report.all_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The environment's settings, but on an embedded store of the demo's own, empty at each start.
fn settings() -> anyhow::Result<Settings> {
    let mut settings = Settings::from_env(&|name| std::env::var(name).ok())
        .map_err(|problems| anyhow::anyhow!(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    settings
        .compile_cache_dir
        .get_or_insert(settings.data_dir.join("compiled"));
    settings.redis_url = None;
    settings.data_dir = settings.data_dir.join("demo");
    match std::fs::remove_dir_all(&settings.data_dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error)
                .with_context(|| format!("can't empty {} (is another demo running?)", settings.data_dir.display()))?;
        }
        _ => {}
    }
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("can't make {}", settings.data_dir.display()))?;
    Ok(settings)
}

/// The configuration with the webhook pointing at the demo's receiver.
fn config(arguments: &Demo, settings: &Settings, receiver: &Receiver) -> anyhow::Result<std::path::PathBuf> {
    let file = &arguments.config;
    let text = std::fs::read_to_string(file).with_context(|| {
        format!(
            "can't read {}; run the demo in the project's folder or name the file with --config",
            file.display()
        )
    })?;
    let own = settings.data_dir.join("vconduit.yml");
    std::fs::write(&own, text.replace(WEBHOOK, &receiver.url()))
        .with_context(|| format!("can't write {}", own.display()))?;
    Ok(own)
}

fn progress(vcons: u64, quiet: bool) -> ProgressBar {
    // Each vCon counts twice: when it is posted, and when its run has ended.
    let bar = ProgressBar::with_draw_target(Some(2 * vcons), ProgressDrawTarget::stderr());
    if quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{msg:<24} {wide_bar} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar
}
