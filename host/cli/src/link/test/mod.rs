//! `vconduit link test`: runs cases, one after the other.
//!
//! Guarantee: every case that was found is in the report: passed, failed, or skipped with the
//! reason.

mod components;
mod find;
mod report;

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::cases::{self, Case, CaseSetup};
use super::{CommandOutput, LinkCommandError, inputs, local, words};
use crate::link::arguments::TestArgs;
use components::{CaseComponent, Components};
use find::FoundCase;
use report::{CaseResult, Verdict};
use vconduit_base::Secrets;
use vconduit_sandbox::Sandbox;

/// Fewest cases with a progress bar. Fewer are over before it can be read.
const MIN_CASES_FOR_BAR: usize = 10;

/// Level of a case whose behaviour another implementation may change on purpose.
const QUIRK: &str = "quirk";

/// Runs all cases that the arguments select.
pub(super) async fn run(arguments: &TestArgs) -> Result<CommandOutput, LinkCommandError> {
    let found = find::cases(arguments)?;
    let sandbox = local::sandbox()?;
    let mut components = Components::new(Arc::clone(&sandbox), arguments);
    let bar = bar(found.len(), arguments.output.json);
    let mut results = Vec::new();
    for found in &found {
        bar.set_message(words::foreign(&found.case.id).into_owned());
        results.push(run_case(&sandbox, &mut components, found).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report::output(&results))
}

/// Runs one case.
///
/// # Errors
/// When the project's own component can't be built or compiled: all other cases would fail as well.
async fn run_case(
    sandbox: &Arc<Sandbox>,
    components: &mut Components,
    found: &FoundCase,
) -> Result<CaseResult, LinkCommandError> {
    let case = &found.case;
    if case.is_for_a_helper() {
        let reason = "it is for an SDK helper, not for a link";
        return Ok(CaseResult::without_a_call(case, Verdict::Skipped, reason.to_owned()));
    }
    let component = match components.of(case).await? {
        Ok(component) => component,
        Err(reason) => return Ok(CaseResult::without_a_call(case, Verdict::Failed, reason)),
    };
    let failed = |error: &dyn std::fmt::Display| {
        let reason = format!("{}: {error}", found.file.display());
        CaseResult::without_a_call(case, Verdict::Failed, reason)
    };
    let setup = match setup(&component, case) {
        Ok(setup) => setup,
        Err(error) => return Ok(failed(&error)),
    };
    let limits = setup.limits;
    Ok(match cases::run(sandbox, &component.compiled, case, setup).await {
        Ok(report) => CaseResult {
            verdict: verdict(case, &report.problems),
            problems: report.problems.clone(),
            report: Some(report),
            limits,
            ..CaseResult::of(case)
        },
        Err(error) => failed(&error),
    })
}

fn verdict(case: &Case, problems: &[String]) -> Verdict {
    match problems.is_empty() {
        true => Verdict::Passed,
        false if case.level == QUIRK => Verdict::Differs,
        false => Verdict::Failed,
    }
}

/// Grants, limits and secrets of a case. HTTP hosts are left out: a case has its own local
/// services.
fn setup(component: &CaseComponent, case: &Case) -> Result<CaseSetup, LinkCommandError> {
    let defaults = || match component.is_standard {
        true => everything(case),
        false => component.compiled.description().needs.clone(),
    };
    let mut grants = case.grants.clone().unwrap_or_else(defaults);
    grants.shift_remove("http");
    let link = inputs::entry(json!({}), Value::Object(grants), Value::Object(case.limits.clone()))?;
    let mut secrets = Secrets::default();
    for (name, value) in &case.secrets {
        secrets.insert(name, value)?;
    }
    Ok(CaseSetup {
        grants: link.grants.unwrap_or_default(),
        limits: link.limits,
        secrets: Arc::new(secrets),
    })
}

/// All grants that a case can use. On a server the grants of a standard link follow from its
/// options.
fn everything(case: &Case) -> Map<String, Value> {
    let secrets: Vec<&String> = case.secrets.keys().collect();
    let grants = json!({"queues": ["*"], "secrets": secrets, "vcons": ["read", "create", "delete", "expire"]});
    grants.as_object().cloned().unwrap_or_default()
}

fn bar(cases: usize, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(u64::try_from(cases).unwrap_or(u64::MAX)),
        if quiet || cases < MIN_CASES_FOR_BAR {
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
