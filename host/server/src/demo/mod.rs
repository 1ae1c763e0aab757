//! The demo: a whole deployment in one process. It posts real vCons to real chains and reports the
//! result of each.
//!
//! Guarantee: the numbers shown were counted. The exit code is 0 only if every accepted vCon
//! arrived where its chain should bring it.

mod client;
mod error;
mod follow;
mod receiver;
mod report;
mod results;
mod setup;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use crate::app::{App, AppOptions};
use crate::arguments::{DemoArgs, Role};
use client::Client;
pub use error::DemoError;
use receiver::Receiver;
use report::Report;
use vconduit_base::LogFormat;
use vconduit_base::names::ListName;
use vconduit_telemetry::logs;

/// Ingress list of the demo's chain in `config/vconduit.yml`.
const LIST: &str = "demo";
/// Longest time for all vCons together. Far more than they need: a machine under load must not fail
/// the demo.
const MAX_TIME: Duration = Duration::from_secs(120);

/// Runs the demo.
///
/// # Errors
/// When a part can't be started. The message names the part and the next step.
pub async fn run(arguments: DemoArgs) -> Result<ExitCode, DemoError> {
    logs::init(LogFormat::Pretty, true);
    let began = Instant::now();
    let settings = setup::settings()?;
    let receiver = Receiver::start().await.map_err(DemoError::Receiver)?;
    let config_file = setup::config_file(&arguments, &settings, &receiver)?;
    let samples = setup::samples(&arguments.samples)?;
    let key = settings.api_keys.first().cloned();
    let key = key.map(|key| (settings.api_key_header.clone(), key));
    let options = AppOptions {
        settings,
        config_file,
        listen: arguments.listen,
        roles: vec![Role::Api, Role::Worker],
        chains: BTreeSet::new(),
    };
    let app = App::start(options, &CancellationToken::new()).await?;
    let client = Client::new(app.address, key)?;
    let bar = progress_bar(samples.len() as u64, arguments.json);
    let work_began = Instant::now();
    let events = app.events.listen();
    let posted = client.post_all(samples, LIST, &bar).await?;
    let runs = follow::until_ended(events, &posted, &ListName::new(LIST)?, &bar, MAX_TIME).await;
    let work_time = work_began.elapsed();
    bar.finish_and_clear();
    let results = results::collect(&app, &client, posted, &runs, &receiver).await?;
    let report = Report::new(results, app.stats.rows(), work_time);
    let exits = arguments.exit || arguments.json;
    match arguments.json {
        true => report.print_json(),
        false => report.print(app.address, began.elapsed(), exits),
    }
    if !exits {
        tokio::signal::ctrl_c().await.map_err(DemoError::Signal)?;
    }
    app.stop().await;
    Ok(match report.is_success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn progress_bar(vcons: u64, quiet: bool) -> ProgressBar {
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
