//! `vconduit link test`: runs cases, one after the other.
//!
//! Guarantee: every case that was found is in the answer: passed, failed, or left out with the reason.

mod components;
mod find;
mod report;

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::cases::{self, Case, Stage};
use super::{Answer, LinkError, given, local, words};
use crate::link::arguments::Test;
use components::{Chosen, Components};
use find::Found;
use report::{Ran, Verdict};
use vconduit_base::Secrets;
use vconduit_sandbox::Sandbox;

/// Fewer cases are over before a bar can be read.
const BAR_FROM: usize = 10;

/// Level of a case that another implementation may answer differently on purpose.
const QUIRK: &str = "quirk";

/// Runs cases.
pub(super) async fn run(arguments: &Test) -> Result<Answer, LinkError> {
    let found = find::cases(arguments)?;
    let sandbox = local::sandbox()?;
    let mut components = Components::new(Arc::clone(&sandbox), arguments);
    let bar = bar(found.len(), arguments.output.json);
    let mut ran = Vec::new();
    for found in &found {
        bar.set_message(words::foreign(&found.case.id).into_owned());
        ran.push(one(&sandbox, &mut components, found).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(report::answer(&ran))
}

/// Runs one case.
///
/// # Errors
/// When the component that all such cases need can't be had.
async fn one(sandbox: &Arc<Sandbox>, components: &mut Components, found: &Found) -> Result<Ran, LinkError> {
    let case = &found.case;
    if case.is_for_a_helper() {
        let reason = "it is for a helper of the SDK, not for a link";
        return Ok(Ran::without_a_call(case, Verdict::Skipped, reason.to_owned()));
    }
    let chosen = match components.of(case).await? {
        Ok(chosen) => chosen,
        Err(reason) => return Ok(Ran::without_a_call(case, Verdict::Failed, reason)),
    };
    let failed = |error: &dyn std::fmt::Display| {
        let reason = format!("{}: {error}", found.file.display());
        Ran::without_a_call(case, Verdict::Failed, reason)
    };
    let stage = match stage(&chosen, case) {
        Ok(stage) => stage,
        Err(error) => return Ok(failed(&error)),
    };
    let limits = stage.limits;
    Ok(match cases::run(sandbox, &chosen.component, case, stage).await {
        Ok(report) => Ran {
            verdict: verdict(case, &report.problems),
            problems: report.problems.clone(),
            report: Some(report),
            limits,
            ..Ran::of(case)
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

/// What a case is run with, where it says nothing else. Hosts are left out: a case has its own services.
fn stage(chosen: &Chosen, case: &Case) -> Result<Stage, LinkError> {
    let usual = || match chosen.is_standard {
        true => everything(case),
        false => chosen.component.description().needs.clone(),
    };
    let mut grants = case.grants.clone().unwrap_or_else(usual);
    grants.shift_remove("http");
    let link = given::entry(json!({}), Value::Object(grants), Value::Object(case.limits.clone()))?;
    let mut secrets = Secrets::default();
    for (name, value) in &case.secrets {
        secrets.insert(name, value)?;
    }
    Ok(Stage {
        grants: link.grants.unwrap_or_default(),
        limits: link.limits,
        secrets: Arc::new(secrets),
    })
}

/// All that a case can see the effect of: on a server the grants of a standard link follow from its options.
fn everything(case: &Case) -> Map<String, Value> {
    let secrets: Vec<&String> = case.secrets.keys().collect();
    let grants = json!({"queues": ["*"], "secrets": secrets, "vcons": ["read", "create", "delete", "expire"]});
    grants.as_object().cloned().unwrap_or_default()
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
