//! Reads the section `chains`.
//!
//! Guarantee: a chain keeps the position of every name in it, for messages about names that are not
//! defined.

use std::str::FromStr;
use std::time::Duration;

use serde_json::Map;

use super::Problems;
use super::fields::{self, Fields, join};
use super::links::read_on_error;
use crate::yaml::{Entry, Kind, Node, Position};
use crate::{Chain, ChainLink, OnError};
use vconduit_base::names::{ChainName, ListName};

const SECTION: &str = "chains";
const KEYS: [&str; 12] = [
    "links",
    "ingress_lists",
    "egress_lists",
    "storages",
    "enabled",
    "timeout",
    "weight",
    "concurrency",
    "hand_off_timeout",
    "schedule",
    "on_error",
    "tracers",
];

/// Longer times are slips of the unit.
const MAX_DURATION: Duration = Duration::from_hours(366 * 24);
/// `hand_off_timeout` where none is given.
const HAND_OFF_TIMEOUT: Duration = Duration::from_hours(1);
/// The largest `weight`.
const MAX_WEIGHT: u32 = 100;
/// The largest `concurrency`: the most runs that a host has at once.
const MAX_CONCURRENCY: u32 = 10_000;

const CONCURRENCY_HINT: &str = "remove the line for half of the runs of a host; 0 is not `enabled: 0`";

/// Position and path of a name.
pub(super) type Spot = (Position, String);

/// A chain as read, with the positions of its names.
pub(super) struct Draft {
    pub(super) name: ChainName,
    pub(super) place: Position,
    pub(super) chain: Chain,
    /// One for each link, in order; the same for the following.
    pub(super) link_spots: Vec<Spot>,
    pub(super) storage_spots: Vec<Spot>,
    pub(super) ingress_spots: Vec<Spot>,
}

impl Draft {
    /// The names of its links.
    pub(super) fn link_names(&self) -> impl Iterator<Item = &str> {
        self.chain.links.iter().map(|link| link.name.as_str())
    }

    /// The names of its storages.
    pub(super) fn storage_names(&self) -> impl Iterator<Item = &str> {
        self.chain.storages.iter().map(AsRef::as_ref)
    }
}

pub(super) fn read(sections: Fields<'_>, problems: &mut Problems) -> Vec<Draft> {
    let Some(node) = sections.get(SECTION) else {
        return Vec::new();
    };
    let Some(section) = Fields::of(node, SECTION, "`chains`", problems) else {
        return Vec::new();
    };
    section
        .entries()
        .iter()
        .filter_map(|entry| one(entry, problems))
        .collect()
}

fn one(entry: &Entry, problems: &mut Problems) -> Option<Draft> {
    let path = join(SECTION, &entry.key);
    let name = fields::name(&entry.key, entry.key_place, &path, problems);
    let fields = Fields::of_entry(entry, &path, &format!("the chain `{}`", entry.key), problems)?;
    fields.report_unknown(&KEYS, false, problems);
    report_tracers(fields, problems);
    let enabled = enabled(fields, problems);
    let (links, link_spots) = links(fields, enabled, problems).into_iter().unzip();
    let (ingress_lists, ingress_spots) = lists(fields, "ingress_lists", problems).into_iter().unzip();
    let (storages, storage_spots) = split(fields::names(fields.get("storages"), &fields.at("storages"), problems));
    let chain = Chain {
        links,
        ingress_lists,
        egress_lists: lists(fields, "egress_lists", problems)
            .into_iter()
            .map(|(list, _)| list)
            .collect(),
        storages,
        enabled,
        timeout: timeout(fields, problems),
        weight: count(
            fields,
            "weight",
            MAX_WEIGHT,
            "1 is the default; 2 gets twice the turns",
            problems,
        )
        .unwrap_or(1),
        concurrency: count(fields, "concurrency", MAX_CONCURRENCY, CONCURRENCY_HINT, problems),
        hand_off_timeout: positive(fields, "hand_off_timeout", problems).unwrap_or(HAND_OFF_TIMEOUT),
        schedule: schedule(fields, problems),
        on_error: read_on_error(fields, problems).unwrap_or(OnError::DeadLetter),
    };
    Some(Draft {
        name: name?,
        place: entry.key_place,
        chain,
        link_spots,
        storage_spots,
        ingress_spots,
    })
}

fn split<T>(names: Vec<(T, Position, String)>) -> (Vec<T>, Vec<Spot>) {
    names
        .into_iter()
        .map(|(name, place, path)| (name, (place, path)))
        .unzip()
}

fn report_tracers(fields: Fields<'_>, problems: &mut Problems) {
    if fields.get("tracers").is_some() {
        let place = fields.entry("tracers").map(|entry| entry.key_place).unwrap_or_default();
        let hint = "traces are exported by the host itself; remove the line";
        problems.warn(place, &fields.at("tracers"), "`tracers` of a chain has no effect", hint);
    }
}

fn enabled(fields: Fields<'_>, problems: &mut Problems) -> bool {
    let Some(node) = fields.get("enabled") else { return true };
    match &node.kind {
        Kind::Bool(enabled) => *enabled,
        Kind::Number(number) if number.as_u64().is_some_and(|value| value <= 1) => number.as_u64() == Some(1),
        _ => {
            problems.error(
                node.place,
                &fields.at("enabled"),
                "`enabled` has to be 0 or 1",
                "1 is the default",
            );
            true
        }
    }
}

fn links(fields: Fields<'_>, enabled: bool, problems: &mut Problems) -> Vec<(ChainLink, Spot)> {
    let path = fields.at("links");
    if fields.get("links").is_none() {
        let place = fields.entry("links").map_or(fields.place, |entry| entry.key_place);
        let hint = "write `links: []` for a chain that only stores and passes on";
        problems.error_if(enabled, place, &path, "the chain has no `links`", hint);
    }
    let mut links = Vec::new();
    for (node, path) in fields::list(fields.get("links"), &path, problems) {
        if let Some(link) = link(node, &path, problems) {
            links.push((link, (node.place, path)));
        }
    }
    links
}

/// `name`, `{name: {options}}` or `{name: <link>, options: {options}}`.
fn link(node: &Node, path: &str, problems: &mut Problems) -> Option<ChainLink> {
    let entries: &[Entry] = match &node.kind {
        Kind::Text(text) => {
            let name = fields::name(text, node.place, path, problems)?;
            return Some(ChainLink {
                name,
                options: Map::new(),
            });
        }
        Kind::Map(entries) => entries,
        _ => &[],
    };
    let named = entries
        .iter()
        .find(|entry| entry.key == "name" && entry.value.as_text().is_some());
    let (name, options) = match (named, entries) {
        (Some(named), _) => {
            let place = Fields::of(node, path, "a link of a chain", problems)?;
            place.report_unknown(&["name", "options"], true, problems);
            (named.value.as_text()?, place.get("options"))
        }
        (None, [entry]) => (entry.key.as_str(), Some(&entry.value)),
        _ => {
            let message = format!("{} is not a link of a chain", node.kind_name());
            let hint = "write `- name`, or `- name: {option: value}` for options that hold here only";
            problems.error(node.place, path, message, hint);
            return None;
        }
    };
    let options = options
        .map(|options| fields::options(options, path, problems))
        .unwrap_or_default();
    let name = fields::name(name, node.place, path, problems)?;
    Some(ChainLink { name, options })
}

fn lists(fields: Fields<'_>, key: &str, problems: &mut Problems) -> Vec<(ListName, Spot)> {
    let names: Vec<(ListName, Position, String)> = fields::names(fields.get(key), &fields.at(key), problems);
    names
        .into_iter()
        .map(|(list, place, path)| (list, (place, path)))
        .collect()
}

fn timeout(fields: Fields<'_>, problems: &mut Problems) -> Option<Duration> {
    let timeout = fields.seconds("timeout", MAX_DURATION, problems)?;
    if !timeout.is_zero() {
        return Some(timeout);
    }
    let place = fields.get("timeout").map(|node| node.place).unwrap_or_default();
    problems.warn(
        place,
        &fields.at("timeout"),
        "`timeout: 0` means that there is none",
        "remove the line to say so",
    );
    None
}

fn positive(fields: Fields<'_>, key: &str, problems: &mut Problems) -> Option<Duration> {
    let time = fields.seconds(key, MAX_DURATION, problems)?;
    if time.is_zero() {
        let place = fields.get(key).map(|node| node.place).unwrap_or_default();
        problems.error(
            place,
            &fields.at(key),
            format!("`{key}` must be more than 0"),
            "give it in seconds",
        );
        return None;
    }
    Some(time)
}

/// Reads a whole number from 1 to `max`.
fn count(fields: Fields<'_>, key: &str, max: u32, hint: &str, problems: &mut Problems) -> Option<u32> {
    let node = fields.get(key)?;
    let value = match &node.kind {
        Kind::Number(number) => number.as_u64().and_then(|value| u32::try_from(value).ok()),
        _ => None,
    };
    let value = value.filter(|value| (1..=max).contains(value));
    if value.is_none() {
        let message = format!("`{key}` has to be a whole number from 1 to {max}");
        problems.error(node.place, &fields.at(key), message, hint);
    }
    value
}

fn schedule(fields: Fields<'_>, problems: &mut Problems) -> Option<String> {
    let expression = fields.text("schedule", problems)?;
    let place = fields.get("schedule").map(|node| node.place).unwrap_or_default();
    if let Err(error) = croner::Cron::from_str(expression) {
        let message = format!("`{expression}` is not a cron expression: {error}");
        let hint = "five fields: minute, hour, day, month, weekday; for example \"0 2 * * *\"";
        problems.error(place, &fields.at("schedule"), message, hint);
        return None;
    }
    Some(expression.to_owned())
}
