//! What became of cases, for people and for programs.

use serde_json::{Value, json};

use super::super::cases::{Case, CaseReport};
use super::super::{Answer, Exit, words};
use vconduit_policy::Limits;

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not, or the case can't be run.
    Failed,
    /// Something is not, in a case that says that this may be on purpose.
    Differs,
    /// It was not run.
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

/// A case, and what became of it.
pub(super) struct Ran {
    pub(super) id: String,
    pub(super) link: Option<String>,
    pub(super) verdict: Verdict,
    /// What is not as expected, or why the case was not run.
    pub(super) problems: Vec<String>,
    /// The call, where there was one.
    pub(super) report: Option<CaseReport>,
    pub(super) limits: Limits,
}

impl Ran {
    /// A case of which nothing is known yet.
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

    /// A case that did not come to a call.
    pub(super) fn without_a_call(case: &Case, verdict: Verdict, reason: String) -> Self {
        Self {
            verdict,
            problems: vec![reason],
            ..Self::of(case)
        }
    }
}

/// The answer of the command. It fails if a case failed, or none was run.
pub(super) fn answer(ran: &[Ran]) -> Answer {
    let with = |verdict: Verdict| ran.iter().filter(|ran| ran.verdict == verdict).count();
    let [passed, failed, differing, skipped] =
        [Verdict::Passed, Verdict::Failed, Verdict::Differs, Verdict::Skipped].map(with);
    let rows = ran.iter().map(row).collect();
    let header = ["", "LINK", "CASE", "CPU", "WALL", "MEMORY", "REQUESTS"];
    let mut text = words::table(&header, rows, &[3, 4, 5, 6]);
    for ran in ran.iter().filter(|ran| !ran.problems.is_empty()) {
        text.push_str(&format!("\n\n{}", words::foreign(&ran.id)));
        for problem in &ran.problems {
            text.push_str(&format!("\n  {}", words::foreign(problem)));
        }
        for line in ran.report.iter().flat_map(|report| &report.call.log) {
            text.push_str(&format!("\n  log: {:<5} {}", line.level, line.message));
        }
    }
    let mut sum = match failed {
        0 => format!("{} passed", words::count(passed, "case")),
        _ => format!("{failed} of {} failed", words::count(ran.len(), "case")),
    };
    for (number, what) in [(differing, "different on purpose"), (skipped, "skipped")] {
        if number > 0 {
            sum.push_str(&format!(", {number} {what}"));
        }
    }
    let cases: Vec<Value> = ran.iter().map(as_json).collect();
    Answer {
        text: format!("{text}\n\n{sum}"),
        json: json!({
            "passed": passed, "failed": failed, "differing": differing, "skipped": skipped, "cases": cases,
        }),
        exit: if failed == 0 && skipped < ran.len() {
            Exit::Done
        } else {
            Exit::Failed
        },
    }
}

fn row(ran: &Ran) -> Vec<String> {
    let foreign = |text: &str| words::foreign(text).into_owned();
    let link = foreign(ran.link.as_deref().unwrap_or_default());
    let mut row = vec![ran.verdict.word().to_owned(), link, foreign(&ran.id)];
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
    json!({
        "id": ran.id, "link": ran.link, "verdict": ran.verdict.word().to_ascii_lowercase(),
        "passed": ran.verdict == Verdict::Passed, "problems": ran.problems, "used": used, "log": log,
    })
}
