//! `vconduit link inspect`: describes a component and checks that a server would accept it.

use serde_json::{Map, Value, json};

use super::local::Component;
use super::{CommandOutput, Exit, LinkCommandError, local, words};
use crate::link::arguments::InspectArgs;
use vconduit_base::names::Digest;
use vconduit_sandbox::inspect::{Parts, inspect};
use vconduit_sandbox::{Compiled, World};

/// Checks a component as an upload does, and describes it.
pub(super) async fn run(arguments: &InspectArgs) -> Result<CommandOutput, LinkCommandError> {
    let component = local::component(&arguments.file, arguments.output.json)?;
    match local::compile(&local::sandbox()?, &component).await {
        Ok(compiled) => Ok(accepted(&component, &compiled)),
        Err(LinkCommandError::Refused { reason, .. }) => Ok(refused(&component, &reason.to_string())),
        Err(error) => Err(error),
    }
}

fn accepted(component: &Component, compiled: &Compiled) -> CommandOutput {
    let exports = inspect(&component.bytes).map(|parts| parts.exports).unwrap_or_default();
    let text = format!("{}\na server would take it", accepted_text(compiled, &exports));
    CommandOutput::done(text, accepted_json(component, compiled, &exports))
}

fn accepted_json(component: &Component, compiled: &Compiled, exports: &[String]) -> Value {
    let description = compiled.description();
    json!({
        "file": component.path,
        "accepted": true,
        "digest": compiled.digest.as_str(),
        "size_bytes": compiled.component_bytes,
        "functions": compiled.functions,
        "compile_ms": compiled.compile_time.as_millis(),
        "from_cache": compiled.from_cache,
        "world": world(compiled.world),
        "name": description.name,
        "version": description.version,
        "summary": description.summary,
        "imports": compiled.imports,
        "exports": exports,
        "grants_used": words::grants_used(&compiled.imports),
        "needs": description.needs,
        "options_schema": description.options_schema,
        "defaults": description.defaults,
    })
}

fn accepted_text(compiled: &Compiled, exports: &[String]) -> String {
    let description = compiled.description();
    let functions = usize::try_from(compiled.functions).unwrap_or(usize::MAX);
    let from_cache = if compiled.from_cache { " (from the cache)" } else { "" };
    let (name, version, summary) = (&description.name, &description.version, &description.summary);
    lines(&[
        ("link", format!("{name} {version}: {summary}")),
        ("world", world(compiled.world).to_owned()),
        ("digest", format!("sha256:{}", compiled.digest)),
        (
            "size",
            format!(
                "{}, {}",
                words::size(compiled.component_bytes),
                words::count(functions, "function")
            ),
        ),
        (
            "compiled",
            format!("in {}{from_cache}", words::time(compiled.compile_time)),
        ),
        ("needs", words::needs(compiled)),
        ("defaults", Value::Object(description.defaults.clone()).to_string()),
        ("options", options(&description.options_schema)),
        ("imports", listed(&compiled.imports)),
        ("exports", listed(exports)),
    ])
}

fn refused(component: &Component, reason: &str) -> CommandOutput {
    let digest = Digest::of(&component.bytes);
    // If the bytes can be parsed at all, their parts help to understand the refusal.
    let Parts {
        imports,
        exports,
        functions,
    } = inspect(&component.bytes).unwrap_or_default();
    let json = json!({
        "file": component.path,
        "accepted": false,
        "refused": reason,
        "digest": digest.as_str(),
        "size_bytes": component.bytes.len(),
        "functions": functions,
        "imports": imports,
        "exports": exports,
    });
    let mut rows = vec![(
        "size",
        words::size(u64::try_from(component.bytes.len()).unwrap_or(u64::MAX)),
    )];
    if !imports.is_empty() || !exports.is_empty() {
        rows.push(("imports", listed(&imports)));
        rows.push(("exports", listed(&exports)));
    }
    CommandOutput {
        text: format!("{}\na server would refuse it: {reason}", lines(&rows)),
        json,
        exit: Exit::Failed,
    }
}

fn world(world: World) -> &'static str {
    match world {
        World::Link => "link",
        World::Transform => "transform",
    }
}

/// The options, each with its name and type.
fn options(schema: &Value) -> String {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let named = properties.iter().map(|(name, schema)| {
        let kind = schema.get("type").map(|kind| match kind {
            Value::String(kind) => kind.clone(),
            other => other.to_string(),
        });
        format!("{name}: {}", kind.as_deref().unwrap_or("any"))
    });
    match properties.is_empty() {
        true => "none".to_owned(),
        false => named.collect::<Vec<_>>().join(", "),
    }
}

/// Names under one another, in the column of the values.
fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names.join(&format!("\n{:10}", "")),
    }
}

/// Rows of a name and a value. Values are escaped for the terminal.
fn lines(rows: &[(&str, String)]) -> String {
    let lines = rows.iter().map(|(name, value)| {
        let value: Vec<_> = value.lines().map(words::foreign).collect();
        format!("{name:10}{}", value.join("\n"))
    });
    lines.collect::<Vec<_>>().join("\n")
}
