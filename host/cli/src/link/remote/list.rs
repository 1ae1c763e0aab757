//! `vconduit link list`: the links of a server, or the versions of one.

use chrono::DateTime;
use serde_json::Value;

use super::{Client, LinkError, list, text};
use crate::link::arguments::List;
use crate::link::{Answer, words};
use vconduit_base::names::LinkName;

/// Asks for links or versions.
pub(in crate::link) async fn run(arguments: &List) -> Result<Answer, LinkError> {
    let client = Client::new(&arguments.server)?;
    let Some(name) = &arguments.name else {
        let answer = client.get(&["links"]).await?;
        return Ok(Answer::done(links(&answer), answer));
    };
    let answer = client.get(&["links", name.as_str()]).await?;
    Ok(Answer::done(one(name, &answer), answer))
}

fn links(answer: &Value) -> String {
    let links = list(answer, "links");
    if links.is_empty() {
        return "there are no links; `vconduit link push FILE NAME` makes one".to_owned();
    }
    let rows = links.iter().map(|link| {
        vec![
            words::foreign(text(link, "name")).into_owned(),
            active(link),
            number(link, "versions"),
            number(link, "held"),
            joined(list(link, "used_by")),
        ]
    });
    words::table(
        &["LINK", "ACTIVE", "VERSIONS", "HELD", "CHAINS"],
        rows.collect(),
        &[2, 3],
    )
}

fn one(name: &LinkName, answer: &Value) -> String {
    let mut shown = format!(
        "{name}: {}, used by {}",
        match text(answer, "active") {
            "" => "no uploaded version is active".to_owned(),
            digest => format!("{} is active", words::short(digest)),
        },
        match list(answer, "used_by") {
            [] => "no chain".to_owned(),
            chains => joined(chains),
        }
    );
    for (title, member) in [
        ("grants", "grants"),
        ("limits", "limits"),
        ("options", "options"),
        ("use", "usage"),
    ] {
        if let Some(value) = answer.get(member).filter(|value| !is_nothing(value)) {
            shown.push_str(&format!("\n{title:8}{}", words::foreign(&value.to_string())));
        }
    }
    let versions = list(answer, "versions");
    if versions.is_empty() {
        shown.push_str("\nno version has been uploaded");
        return shown;
    }
    let current = text(answer, "active");
    let rows = versions.iter().map(|version| row(version, current)).collect();
    let header = ["", "VERSION", "SIZE", "UPLOADED", "BY", "NOTE", "HELD"];
    format!("{shown}\n\n{}", words::table(&header, rows, &[2]))
}

fn row(version: &Value, current: &str) -> Vec<String> {
    let digest = text(version, "digest");
    let foreign = |name| words::foreign(text(version, name)).into_owned();
    let size = version.get("size_bytes").and_then(Value::as_u64).unwrap_or_default();
    vec![
        if digest == current { "*" } else { "" }.to_owned(),
        words::short(digest).into_owned(),
        words::size(size),
        when(version.get("at_ms")),
        foreign("by"),
        foreign("note"),
        foreign("held"),
    ]
}

fn when(at_ms: Option<&Value>) -> String {
    let time = at_ms.and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis);
    time.map(|time| time.format("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_default()
}

fn active(link: &Value) -> String {
    match text(link, "active") {
        "" => "-".to_owned(),
        digest => words::short(digest).into_owned(),
    }
}

fn number(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_u64).unwrap_or_default().to_string()
}

fn joined(names: &[Value]) -> String {
    let names = names.iter().filter_map(Value::as_str).map(words::foreign);
    names.collect::<Vec<_>>().join(", ")
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
