//! `vconduit link test`: the cases of a project, one by one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::cases::{self, Case, CaseReport, Stage};
use super::{Answer, Exit, LinkError, given, local, words};
use crate::link::arguments::Test;
use vconduit_base::Secrets;
use vconduit_policy::Limits;
use vconduit_sandbox::{Compiled, Sandbox};

/// How the files of cases end.
const SUFFIX: &str = ".case.json";

/// Fewer cases are over before a bar can be read.
const BAR_FROM: usize = 10;

/// A case and the file that it stands in.
struct Found {
    file: PathBuf,
    case: Case,
}

/// A case that was run.
struct Ran {
    id: String,
    problems: Vec<String>,
    report: Option<CaseReport>,
    limits: Limits,
}

/// Runs cases.
pub(super) async fn run(arguments: &Test) -> Result<Answer, LinkError> {
    let mut found = find(&arguments.path)?;
    if let Some(only) = &arguments.only {
        found.retain(|found| found.case.id.contains(only));
    }
    if found.is_empty() {
        return Err(LinkError::Given(format!(
            "there is no case to run in {}; cases stand in files named tests/NAME{SUFFIX}",
            arguments.path.display()
        )));
    }
    let component = match &arguments.component {
        Some(file) => local::component(file, arguments.output.json)?,
        None => local::component(&project(&arguments.path), arguments.output.json)?,
    };
    let sandbox = local::sandbox()?;
    let compiled = local::compile(&sandbox, &component).await?;
    let bar = bar(found.len(), arguments.output.json);
    let mut ran = Vec::new();
    for found in &found {
        bar.set_message(words::foreign(&found.case.id).into_owned());
        ran.push(one(&sandbox, &compiled, found).await);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(answer(&ran))
}

/// The project that cases belong to: the folder itself, or the nearest one above with a manifest.
fn project(path: &Path) -> PathBuf {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let project = whole.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
    match project {
        Some(found) if !path.join("Cargo.toml").is_file() => found.to_owned(),
        _ => path.to_owned(),
    }
}

/// The cases of a file; of a folder's own files and those in its `tests`.
fn find(path: &Path) -> Result<Vec<Found>, LinkError> {
    let mut files = Vec::new();
    if path.is_dir() {
        for folder in [path.to_owned(), path.join("tests")] {
            files.extend(case_files(&folder)?);
        }
    } else {
        files.push(path.to_owned());
    }
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(LinkError::reading(&file))?;
        let cases = Case::read(&text).map_err(|error| {
            let what = words::foreign(&error.to_string()).into_owned();
            LinkError::Given(format!(
                "{} is no file of cases: {what}; see `vconduit link test --help`",
                file.display()
            ))
        })?;
        found.extend(cases.into_iter().map(|case| Found {
            file: file.clone(),
            case,
        }));
    }
    Ok(found)
}

fn case_files(folder: &Path) -> Result<Vec<PathBuf>, LinkError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(LinkError::reading(folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(LinkError::reading(folder))?.path();
        if path.to_string_lossy().ends_with(SUFFIX) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

async fn one(sandbox: &Arc<Sandbox>, compiled: &Arc<Compiled>, found: &Found) -> Ran {
    let case = &found.case;
    let mut ran = Ran {
        id: case.id.clone(),
        problems: Vec::new(),
        report: None,
        limits: Limits::default(),
    };
    let outcome = match stage(compiled, case) {
        Ok(stage) => {
            ran.limits = stage.limits;
            cases::run(sandbox, compiled, case, stage)
                .await
                .map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(report) => {
            ran.problems.clone_from(&report.problems);
            ran.report = Some(report);
        }
        Err(error) => ran.problems.push(format!("{}: {error}", found.file.display())),
    }
    ran
}

/// The grants are those that the link asks for, where the case says nothing else. Hosts are left out: a case has its own.
fn stage(compiled: &Compiled, case: &Case) -> Result<Stage, LinkError> {
    let asked = || compiled.description().needs.clone();
    let mut grants = case.grants.clone().unwrap_or_else(asked);
    grants.shift_remove("http");
    let link = given::entry(json!({}), Value::Object(grants), Value::Object(case.limits.clone()))?;
    let mut secrets = Secrets::default();
    for (name, value) in &case.secrets {
        secrets.insert(name, value)?;
    }
    Ok(Stage {
        grants: link.grants,
        limits: link.limits,
        secrets: Arc::new(secrets),
    })
}

fn answer(ran: &[Ran]) -> Answer {
    let failed = ran.iter().filter(|ran| !ran.problems.is_empty()).count();
    let rows = ran.iter().map(row).collect();
    let mut text = words::table(&["", "CASE", "CPU", "WALL", "MEMORY", "REQUESTS"], rows, &[2, 3, 4, 5]);
    for ran in ran.iter().filter(|ran| !ran.problems.is_empty()) {
        text.push_str(&format!("\n\n{}", words::foreign(&ran.id)));
        for problem in &ran.problems {
            text.push_str(&format!("\n  {}", words::foreign(problem)));
        }
        for line in ran.report.iter().flat_map(|report| &report.call.log) {
            text.push_str(&format!("\n  log: {:<5} {}", line.level, line.message));
        }
    }
    let sum = match failed {
        0 => format!("{} passed", words::count(ran.len(), "case")),
        _ => format!("{failed} of {} failed", words::count(ran.len(), "case")),
    };
    Answer {
        text: format!("{text}\n\n{sum}"),
        json: json!({"passed": ran.len().saturating_sub(failed), "failed": failed, "cases": ran.iter().map(as_json).collect::<Vec<_>>()}),
        exit: if failed == 0 { Exit::Done } else { Exit::Failed },
    }
}

fn row(ran: &Ran) -> Vec<String> {
    let verdict = if ran.problems.is_empty() { "ok" } else { "FAILED" };
    let mut row = vec![verdict.to_owned(), words::foreign(&ran.id).into_owned()];
    let limits = ran.limits;
    if let Some(usage) = ran.report.as_ref().map(|report| report.call.usage) {
        row.push(format!("{} of {}", words::time(usage.cpu), words::time(limits.cpu)));
        row.push(words::time(usage.wall));
        row.push(format!(
            "{} of {}",
            words::size(usage.peak_memory_bytes),
            words::size(limits.memory_bytes)
        ));
        row.push(format!("{} of {}", usage.requests, limits.requests));
    }
    row
}

fn as_json(ran: &Ran) -> Value {
    let call = ran.report.as_ref().map(|report| &report.call);
    let used = call.map(|call| call.usage).map(|usage| {
        json!({
            "cpu_us": u64::try_from(usage.cpu.as_micros()).unwrap_or(u64::MAX),
            "wall_us": u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX),
            "memory_bytes": usage.peak_memory_bytes,
            "requests": usage.requests,
            "response_bytes": usage.response_bytes,
            "log_bytes": usage.log_bytes,
        })
    });
    let log: Vec<Value> = call
        .into_iter()
        .flat_map(|call| &call.log)
        .map(|line| json!({"level": line.level.as_str().to_ascii_lowercase(), "message": line.message}))
        .collect();
    json!({"id": ran.id, "passed": ran.problems.is_empty(), "problems": ran.problems, "used": used, "log": log})
}

fn bar(cases: usize, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(u64::try_from(cases).unwrap_or(u64::MAX)),
        if quiet || cases < BAR_FROM {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        },
    );
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg:<30!}") {
        bar.set_style(style);
    }
    bar
}
