//! `vconduit link run`: one call of a component with the limits of a server, and a report instead
//! of effects.

mod report;

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{CommandOutput, Exit, LinkCommandError, inputs, local};
use crate::link::arguments::RunArgs;
use vcon_document::EgressFormat;
use vconduit_base::names::LinkName;
use vconduit_sandbox::dry_run::{DryRun, dry_run};
use vconduit_sandbox::options::option_problems;
use vconduit_sandbox::probe::NoDocuments;

/// Runs a component on one vCon.
pub(super) async fn run(arguments: &RunArgs) -> Result<CommandOutput, LinkCommandError> {
    let options = inputs::object("--options", &arguments.options)?;
    let limits = inputs::object("--limits", &arguments.limits)?;
    let grants = inputs::grants(&arguments.grants)?.unwrap_or_else(|| json!({}));
    let link = inputs::entry(options, grants, limits)?;
    let secrets = inputs::secrets(&arguments.secrets, &|name| std::env::var(name).ok())?;
    let document = vcon(&arguments.vcon)?;
    let component = local::component(&arguments.file, arguments.output.json)?;
    let sandbox = local::sandbox()?;
    let compiled = local::compile(&sandbox, &component).await?;
    let description = compiled.description();
    let mut options = description.defaults.clone();
    options.extend(link.options);
    let problems = option_problems(&description.options_schema, &options);
    if !problems.is_empty() {
        return Err(LinkCommandError::Input(format!(
            "the options don't fit: {}; `vconduit link inspect` shows what the link takes",
            problems.join("; ")
        )));
    }
    let run = DryRun {
        link: LinkName::new(&description.name).map_err(|error| LinkCommandError::Input(error.to_string()))?,
        component: Arc::clone(&compiled),
        options: Value::Object(options).to_string().into(),
        document: document.into(),
        grants: Arc::new(link.grants.unwrap_or_default()),
        limits: link.limits,
        secrets: Arc::new(secrets),
        documents: Arc::new(NoDocuments),
        egress: EgressFormat::default(),
    };
    let report = dry_run(&sandbox, run)
        .await
        .map_err(|error| LinkCommandError::Input(format!("{}: {error}", arguments.vcon.display())))?;
    // A vCon may hold a number that is valid JSON and too large for any number type.
    let json = serde_json::to_value(&report)
        .map_err(|error| LinkCommandError::Input(format!("the report can't be written as JSON: {error}")))?;
    Ok(CommandOutput {
        text: report::text(&report),
        json,
        exit: if report.failure.is_none() {
            Exit::Done
        } else {
            Exit::Failed
        },
    })
}

/// Reads the vCon from a file, or from standard input for `-`.
fn vcon(path: &Path) -> Result<String, LinkCommandError> {
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::File::open(path)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map(drop),
    }
    .map_err(LinkCommandError::reading(path))?;
    Ok(text)
}
