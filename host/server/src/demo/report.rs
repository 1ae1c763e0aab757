//! The demo's report: tables for people, or one JSON object.

use std::net::SocketAddr;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::LIST;
use super::results::{SampleEnd, SampleResult};
use vconduit_admin_types::LinkUse;

/// Longest reason in a table, in characters.
const MAX_REASON: usize = 90;

/// The whole report.
pub(super) struct Report {
    results: Vec<SampleResult>,
    links: Vec<LinkUse>,
    /// Time from the first request to the end of the last run.
    work_time: Duration,
}

/// The report with `--json`.
#[derive(Serialize)]
struct Summary<'a> {
    vcons_in: usize,
    vcons_done: usize,
    stopped: usize,
    dlq: usize,
    refused: usize,
    links: &'a [LinkUse],
    wall_s: f64,
}

impl Report {
    /// A report on these results.
    pub fn new(results: Vec<SampleResult>, links: Vec<LinkUse>, work_time: Duration) -> Self {
        Self {
            results,
            links,
            work_time,
        }
    }

    /// True when every accepted vCon is where it should be, and at least one went through its
    /// chain.
    pub fn is_success(&self) -> bool {
        self.count(|end| *end == SampleEnd::Finished) > 0 && self.results.iter().all(SampleResult::is_good)
    }

    /// Prints one JSON object.
    #[expect(clippy::print_stdout, reason = "the report is the output of the command")]
    pub fn print_json(&self) {
        println!("{}", serde_json::to_string(&self.summary()).unwrap_or_default());
    }

    /// Prints the tables. Next steps follow unless the program `exits`.
    #[expect(clippy::print_stdout, reason = "the report is the output of the command")]
    pub fn print(&self, address: SocketAddr, since_start: Duration, exits: bool) {
        println!("{}\n", self.link_table());
        println!("{}\n", self.vcon_table());
        println!("{}", self.totals(since_start));
        if !exits {
            println!("\n{}", self.next_steps(address));
        }
    }

    fn count(&self, is_counted: impl Fn(&SampleEnd) -> bool) -> usize {
        self.results.iter().filter(|result| is_counted(&result.end)).count()
    }

    fn summary(&self) -> Summary<'_> {
        Summary {
            vcons_in: self.results.iter().filter(|result| result.id.is_some()).count(),
            vcons_done: self.count(|end| *end == SampleEnd::Finished),
            stopped: self.count(|end| matches!(end, SampleEnd::Stopped(_))),
            dlq: self.count(|end| matches!(end, SampleEnd::DeadLetter(_))),
            refused: self.count(|end| matches!(end, SampleEnd::Refused(_))),
            links: &self.links,
            wall_s: self.work_time.as_secs_f64(),
        }
    }

    fn link_table(&self) -> Table {
        let mut table = table(&[
            "link",
            "runs",
            "next",
            "stopped",
            "failed",
            "p50 µs",
            "p99 µs",
            "peak memory KiB",
        ]);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for link in &self.links {
            let figures = [
                link.runs,
                link.next,
                link.stopped,
                link.failed,
                link.p50_us,
                link.p99_us,
                link.peak_memory_bytes / 1024,
            ];
            table.add_row(std::iter::once(link.name.to_string()).chain(figures.iter().map(ToString::to_string)));
        }
        table
    }

    fn vcon_table(&self) -> Table {
        let mut table = table(&["sample", "result"]);
        for result in &self.results {
            table.add_row([result.name.clone(), describe(result)]);
        }
        table
    }

    fn totals(&self, since_start: Duration) -> String {
        let summary = self.summary();
        format!(
            "{} vCons accepted, {} finished their chain, {} stopped by a link, {} dead letters, {} refused, \
             in {:.2} s ({:.1} s since the start)",
            summary.vcons_in,
            summary.vcons_done,
            summary.stopped,
            summary.dlq,
            summary.refused,
            summary.wall_s,
            since_start.as_secs_f64()
        )
    }

    /// Requests that a reader can send to the running server.
    fn next_steps(&self, address: SocketAddr) -> String {
        let finished = self.results.iter().find(|result| result.end == SampleEnd::Finished);
        let id = finished.and_then(|result| result.id.as_deref()).unwrap_or("<uuid>");
        let name = finished.map_or("<file>", |result| result.name.as_str());
        format!(
            "The server is running at http://{address}. Try:\n\n  \
             a vCon with the entries that the links added:\n    \
             curl http://{address}/vcon/{id}\n  \
             another vCon through the chain:\n    \
             curl -X POST 'http://{address}/vcon?ingress_lists={LIST}' -H 'content-type: application/json' \
             -d @config/samples/{name}\n  \
             the number of vCons that wait:\n    \
             curl 'http://{address}/stats/queue?list_name={LIST}'\n  \
             the metrics:\n    \
             curl http://{address}/metrics\n  \
             the documentation of the API, in a browser:\n    \
             http://{address}/docs\n\nPress Ctrl-C to stop the server."
        )
    }
}

fn describe(result: &SampleResult) -> String {
    let end = match &result.end {
        SampleEnd::Refused(reason) => format!("refused: {}", shortened(reason)),
        SampleEnd::Finished => "finished: saved, and on the egress list".to_owned(),
        SampleEnd::Stopped(link) => format!("stopped by {link}"),
        SampleEnd::DeadLetter(link) => format!("dead letter: {link} failed"),
        SampleEnd::Unfinished => "not finished when the time was up".to_owned(),
    };
    match result.missing.as_slice() {
        [] => end,
        missing => format!("{end}, BUT not in {}", missing.join(", ")),
    }
}

/// A reason that fits a table.
fn shortened(reason: &str) -> String {
    match reason.chars().count() <= MAX_REASON {
        true => reason.to_owned(),
        false => reason.chars().take(MAX_REASON).chain(['…']).collect(),
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_header(header.iter().copied());
    table
}
