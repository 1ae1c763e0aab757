//! `vconduit link list`: the links of a server, or the versions of one link.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::{AdminClient, LinkCommandError};
use crate::link::arguments::ListArgs;
use crate::link::{CommandOutput, words};
use vconduit_admin_types::{LinkDetail, LinkList, LinkVersion};
use vconduit_base::names::Digest;

/// Lists links or versions.
pub(in crate::link) async fn run(arguments: &ListArgs) -> Result<CommandOutput, LinkCommandError> {
    let client = AdminClient::new(&arguments.server)?;
    let Some(name) = &arguments.name else {
        let response = client.get::<LinkList>(&["links"]).await?;
        return Ok(CommandOutput::done(links(&response.body), response.json));
    };
    let response = client.get::<LinkDetail>(&["links", name.as_str()]).await?;
    Ok(CommandOutput::done(versions_of(&response.body), response.json))
}

/// A table of all links.
fn links(list: &LinkList) -> String {
    if list.links.is_empty() {
        return "the server has no links; add one with `vconduit link push FILE NAME`".to_owned();
    }
    let rows = list.links.iter().map(|link| {
        vec![
            link.name.to_string(),
            link.active.as_ref().map_or_else(|| "-".to_owned(), short),
            link.versions.to_string(),
            link.held.to_string(),
            joined(&link.used_by),
        ]
    });
    words::table(
        &["LINK", "ACTIVE", "VERSIONS", "HELD", "CHAINS"],
        rows.collect(),
        &[2, 3],
    )
}

fn versions_of(link: &LinkDetail) -> String {
    let mut shown = format!(
        "{}: {}, used by {}",
        link.name,
        match &link.active {
            None => "no uploaded version is active".to_owned(),
            Some(digest) => format!("{} is active", short(digest)),
        },
        match link.used_by.as_slice() {
            [] => "no chain".to_owned(),
            chains => joined(chains),
        }
    );
    for (member, value) in facts(link) {
        shown.push_str(&format!("\n{member:8}{}", words::foreign(&value.to_string())));
    }
    if link.versions.is_empty() {
        shown.push_str("\nno version has been uploaded");
        return shown;
    }
    let rows = link.versions.iter().map(|version| row(version, link.active.as_ref()));
    let header = ["", "VERSION", "SIZE", "UPLOADED", "BY", "NOTE", "HELD"];
    format!("{shown}\n\n{}", words::table(&header, rows.collect(), &[2]))
}

/// The settings and the use of a link, as far as there are any.
fn facts(link: &LinkDetail) -> impl Iterator<Item = (&'static str, Value)> {
    let usage = link.usage.as_ref().and_then(|usage| serde_json::to_value(usage).ok());
    let all = [
        ("grants", link.grants.clone()),
        ("limits", link.limits.clone()),
        ("options", link.options.clone().map(Value::Object)),
        ("usage", usage),
    ];
    let known = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.filter(|(_, value)| {
        !value.is_null() && value.as_object().is_none_or(|members: &Map<_, _>| !members.is_empty())
    })
}

/// A row of the table of versions. The active version has a star.
fn row(version: &LinkVersion, active: Option<&Digest>) -> Vec<String> {
    let star = if active == Some(&version.digest) { "*" } else { "" };
    vec![
        star.to_owned(),
        short(&version.digest),
        words::size(version.size_bytes),
        time(version.at_ms),
        words::foreign(&version.by).into_owned(),
        words::foreign(&version.note).into_owned(),
        words::foreign(version.held.as_deref().unwrap_or_default()).into_owned(),
    ]
}

/// A time for people, in UTC.
fn time(at_ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(at_ms);
    time.map(|time| time.format("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_default()
}

fn short(digest: &Digest) -> String {
    words::short(digest.as_str()).into_owned()
}

fn joined(names: &[String]) -> String {
    let names = names.iter().map(|name| words::foreign(name));
    names.collect::<Vec<_>>().join(", ")
}
