//! `vconduit link inspect`: what a component is, and whether a server would take it.

use serde_json::{Map, Value, json};

use super::local::Component;
use super::{Answer, Exit, LinkError, local, words};
use crate::link::arguments::Inspect;
use vconduit_base::names::Digest;
use vconduit_policy::capabilities::{self, Capability};
use vconduit_sandbox::inspect::{Parts, inspect};
use vconduit_sandbox::{Compiled, World};

/// Looks at a component with the checks of an upload.
pub(super) async fn run(arguments: &Inspect) -> Result<Answer, LinkError> {
    let component = local::component(&arguments.file, arguments.output.json)?;
    match local::compile(&local::sandbox()?, &component).await {
        Ok(compiled) => Ok(accepted(&component, &compiled)),
        Err(LinkError::Refused { reason, .. }) => Ok(refused(&component, &reason.to_string())),
        Err(error) => Err(error),
    }
}

fn accepted(component: &Component, compiled: &Compiled) -> Answer {
    let description = compiled.description();
    let exports = inspect(&component.bytes).map(|parts| parts.exports).unwrap_or_default();
    let opened = opened(&compiled.imports);
    let json = json!({
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
        "grants_used": opened,
        "needs": description.needs,
        "options_schema": description.options_schema,
        "defaults": description.defaults,
    });
    let from_cache = if compiled.from_cache { " (kept from before)" } else { "" };
    let rows = [
        (
            "link",
            format!("{} {}: {}", description.name, description.version, description.summary),
        ),
        ("world", world(compiled.world).to_owned()),
        ("digest", format!("sha256:{}", compiled.digest)),
        (
            "size",
            format!(
                "{}, {}",
                words::size(compiled.component_bytes),
                words::count(usize::try_from(compiled.functions).unwrap_or(usize::MAX), "function")
            ),
        ),
        (
            "compiled",
            format!("in {}{from_cache}", words::time(compiled.compile_time)),
        ),
        ("needs", needs(compiled)),
        ("defaults", Value::Object(description.defaults.clone()).to_string()),
        ("options", options(&description.options_schema)),
        ("imports", listed(&compiled.imports)),
        ("exports", listed(&exports)),
    ];
    let mut text = lines(&rows);
    text.push_str("\na server would take it");
    Answer::done(text, json)
}

fn refused(component: &Component, reason: &str) -> Answer {
    let digest = Digest::of(&component.bytes);
    // Where the bytes can be looked into at all, what is in them helps to see why.
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
    Answer {
        text: format!("{}\na server would refuse it: {reason}", lines(&rows)),
        json,
        exit: Exit::Failed,
    }
}

/// What a component asks to be granted, in words; and what it could use beyond that.
pub(super) fn needs(compiled: &Compiled) -> String {
    let needs = &compiled.description().needs;
    let unasked: Vec<&str> = opened(&compiled.imports)
        .into_iter()
        .filter(|key| !needs.contains_key(*key))
        .collect();
    let asked = match needs.is_empty() {
        true => "nothing".to_owned(),
        false => words::foreign(&Value::Object(needs.clone()).to_string()).into_owned(),
    };
    match unasked.is_empty() {
        true => asked,
        false => format!("{asked}; it can use {} too, if granted", unasked.join(", ")),
    }
}

/// The keys of the grants that open what is imported.
fn opened(imports: &[String]) -> Vec<&'static str> {
    capabilities::of_imports(imports)
        .into_iter()
        .map(Capability::key)
        .collect()
}

fn world(world: World) -> &'static str {
    match world {
        World::Link => "link",
        World::Transform => "transform",
    }
}

/// The options by name and type.
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

fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names.join(&format!("\n{:10}", "")),
    }
}

fn lines(rows: &[(&str, String)]) -> String {
    let lines = rows.iter().map(|(name, value)| {
        let value: Vec<_> = value.lines().map(words::foreign).collect();
        format!("{name:10}{}", value.join("\n"))
    });
    lines.collect::<Vec<_>>().join("\n")
}
