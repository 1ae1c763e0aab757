//! Report on a dry run as text.

use std::time::Duration;

use serde::Serialize;

use crate::link::words;
use vconduit_base::text::clean;
use vconduit_sandbox::dry_run::{DryOutcome, DryReport, DryUsage, Used};

/// Longest entry of a section.
const MAX_ENTRY_BYTES: usize = 400;

/// A name, an amount with its limit, and the function that formats the two.
type Row<'a> = (&'a str, Used, &'a dyn Fn(u64) -> String);

/// The effects of the link, then its usage.
pub(super) fn text(report: &DryReport) -> String {
    let mut lines = vec![outcome(report)];
    section(&mut lines, "patch", report.patch.iter().map(as_json));
    let pushes = report.pushes.iter();
    section(
        &mut lines,
        "pushes",
        pushes.map(|push| format!("{} to {}", push.id, push.list)),
    );
    let lifetimes = report.lifetimes.iter();
    section(
        &mut lines,
        "lifetimes",
        lifetimes.map(|set| format!("{} expires in {} s", set.id, set.seconds)),
    );
    section(&mut lines, "other vCons", report.other_vcons.iter().map(as_json));
    section(
        &mut lines,
        "log",
        report
            .log
            .iter()
            .map(|line| format!("{:<5} {}", line.level, line.message)),
    );
    let requests = report.requests.iter();
    section(
        &mut lines,
        "requests",
        requests.map(|request| {
            let end = match (request.status, &request.problem) {
                (Some(status), None) => status.to_string(),
                (Some(status), Some(problem)) => format!("{status}, {problem}"),
                (None, problem) => problem.clone().unwrap_or_else(|| "no response".to_owned()),
            };
            format!("{} {} -> {end} ({} ms)", request.method, request.url, request.ms)
        }),
    );
    lines.push(String::new());
    lines.push(usage(&report.usage));
    lines.join("\n")
}

fn outcome(report: &DryReport) -> String {
    let foreign = words::foreign;
    if let Some(failure) = &report.failure {
        let again = if failure.retryable { "; a chain would retry" } else { "" };
        return format!("failed ({}): {}{again}", failure.class, foreign(&failure.message));
    }
    match &report.outcome {
        None | Some(DryOutcome::Next) => "next: the chain continues".to_owned(),
        Some(DryOutcome::Stop { reason }) => format!("stop: the chain ends: {}", foreign(reason)),
        Some(DryOutcome::Switch { id }) => format!("switch: the chain continues with {}", foreign(id)),
        Some(DryOutcome::HandOff { list }) => {
            format!("hand-off: the run waits, and the id goes to the list {}", foreign(list))
        }
    }
}

/// Adds a titled section, if it has entries. Entries are escaped for the terminal.
fn section(lines: &mut Vec<String>, title: &str, entries: impl Iterator<Item = String>) {
    let mut entries = entries.peekable();
    if entries.peek().is_none() {
        return;
    }
    lines.push(format!("\n{title}:"));
    lines.extend(entries.map(|entry| format!("  {}", clean(&entry, MAX_ENTRY_BYTES))));
}

fn as_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn usage(usage: &DryUsage) -> String {
    let time = |us: u64| words::time(Duration::from_micros(us));
    let rows: [Row<'_>; 7] = [
        ("CPU time", usage.cpu_us, &time),
        ("wall-clock time", usage.wall_us, &time),
        ("memory", usage.peak_memory_bytes, &words::size),
        ("requests", usage.requests, &|count| count.to_string()),
        ("largest response", usage.response_bytes, &words::size),
        ("log", usage.log_bytes, &words::size),
        ("document", usage.document_bytes, &words::size),
    ];
    let rows = rows
        .iter()
        .map(|(name, used, shown)| vec![(*name).to_owned(), shown(used.used), shown(used.limit), share(*used)])
        .collect();
    words::table(&["", "USED", "LIMIT", ""], rows, &[1, 2, 3])
}

/// Share of the limit in percent; empty without a limit.
fn share(used: Used) -> String {
    match used.limit {
        0 => String::new(),
        limit => format!("{} %", used.used.saturating_mul(100) / limit),
    }
}
