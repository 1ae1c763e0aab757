//! Report on a test run: a table for people, JSON for programs.

use serde_json::{Value, json};

use crate::link::cases::{Case, CaseReport};
use crate::link::{CommandOutput, Exit, words};
use vconduit_policy::Limits;

/// Verdict on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The result is as expected.
    Passed,
    /// The result is not as expected, or the case can't run.
    Failed,
    /// The result is not as expected, in a case with the level `quirk`.
    Differs,
    /// The case did not run.
    Skipped,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "FAILED",
            Self::Differs => "differs",
            Self::Skipped => "skipped",
        }
    }
}

/// Result of a case.
pub(super) struct CaseResult {
    pub(super) id: String,
    pub(super) link: Option<String>,
    pub(super) verdict: Verdict,
    /// Differences from the expected result, or the reason why the case did not run.
    pub(super) problems: Vec<String>,
    /// Report on the call, if there was one.
    pub(super) report: Option<CaseReport>,
    pub(super) limits: Limits,
}

impl CaseResult {
    /// A case that has not run.
    pub(super) fn of(case: &Case) -> Self {
        Self {
            id: case.id.clone(),
            link: case.link.clone(),
            verdict: Verdict::Skipped,
            problems: Vec::new(),
            report: None,
            limits: Limits::default(),
        }
    }

    /// A case that ended without a call.
    pub(super) fn without_a_call(case: &Case, verdict: Verdict, reason: String) -> Self {
        Self {
            verdict,
            problems: vec![reason],
            ..Self::of(case)
        }
    }
}

/// The output of the command. It fails if a case failed, or if no case ran.
pub(super) fn output(results: &[CaseResult]) -> CommandOutput {
    let with = |verdict: Verdict| results.iter().filter(|result| result.verdict == verdict).count();
    let [passed, failed, differing, skipped] =
        [Verdict::Passed, Verdict::Failed, Verdict::Differs, Verdict::Skipped].map(with);
    let rows = results.iter().map(row).collect();
    let header = ["", "LINK", "CASE", "CPU", "WALL", "MEMORY", "REQUESTS"];
    let mut text = words::table(&header, rows, &[3, 4, 5, 6]);
    for result in results {
        text.push_str(&problems(result));
    }
    let mut sum = match failed {
        0 => format!("{} passed", words::count(passed, "case")),
        _ => format!("{failed} of {} failed", words::count(results.len(), "case")),
    };
    for (number, what) in [(differing, "different in a quirk"), (skipped, "skipped")] {
        if number > 0 {
            sum.push_str(&format!(", {number} {what}"));
        }
    }
    let cases: Vec<Value> = results.iter().map(as_json).collect();
    CommandOutput {
        text: format!("{text}\n\n{sum}"),
        json: json!({
            "passed": passed, "failed": failed, "differing": differing, "skipped": skipped, "cases": cases,
        }),
        exit: if failed == 0 && skipped < results.len() {
            Exit::Done
        } else {
            Exit::Failed
        },
    }
}

/// The differences of a case and the log of its link; empty for a case without differences.
fn problems(result: &CaseResult) -> String {
    if result.problems.is_empty() {
        return String::new();
    }
    let mut text = format!("\n\n{}", words::foreign(&result.id));
    for problem in &result.problems {
        text.push_str(&format!("\n  {}", words::foreign(problem)));
    }
    for line in result.report.iter().flat_map(|report| &report.call.log) {
        text.push_str(&format!("\n  log: {:<5} {}", line.level, line.message));
    }
    text
}

fn row(result: &CaseResult) -> Vec<String> {
    let foreign = |text: &str| words::foreign(text).into_owned();
    let link = foreign(result.link.as_deref().unwrap_or_default());
    let mut row = vec![result.verdict.word().to_owned(), link, foreign(&result.id)];
    let limits = result.limits;
    if let Some(usage) = result.report.as_ref().map(|report| report.call.usage) {
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

fn as_json(result: &CaseResult) -> Value {
    let call = result.report.as_ref().map(|report| &report.call);
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
    json!({
        "id": result.id, "link": result.link, "verdict": result.verdict.word().to_ascii_lowercase(),
        "passed": result.verdict == Verdict::Passed, "problems": result.problems, "used": used, "log": log,
    })
}
