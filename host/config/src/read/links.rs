//! Reads the section `links`.
//!
//! Guarantee: a link that comes out has a component source, options as written, grants no wider than what the operator wrote, and
//! limits below their ceilings.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Problems;
use super::fields::{self, Fields, join};
use super::grants;
use crate::yaml::{Kind, Node, Place};
use crate::{ComponentSource, Link, OnError};
use vconduit_base::names::{Digest, LinkName};
use vconduit_base::suggest::nearest;
use vconduit_policy::Limits;
use vconduit_policy::limits::TABLE;
use vconduit_standard_links::{by_module, standard};

const SECTION: &str = "links";

/// What stands before the digest of an uploaded component.
pub(super) const UPLOADED: &str = "sha256:";
const KEYS: [&str; 10] = [
    "module",
    "component",
    "options",
    "grants",
    "limits",
    "warm",
    "on_error",
    "pip_name",
    "ingress-lists",
    "egress-lists",
];

/// Reads the section. A link that can't run is an error if it is in `used`, the links of chains that are switched on.
pub(super) fn read(
    sections: Fields<'_>,
    folder: &Path,
    used: &HashSet<&str>,
    problems: &mut Problems,
) -> Vec<(LinkName, Link)> {
    let Some(node) = sections.get(SECTION) else {
        return Vec::new();
    };
    let Some(section) = Fields::of(node, SECTION, "`links`", problems) else {
        return Vec::new();
    };
    let mut links = Vec::new();
    for entry in section.entries() {
        let path = join(SECTION, &entry.key);
        let name = fields::name(&entry.key, entry.key_place, &path, problems);
        let what = format!("the link `{}`", entry.key);
        let Some(link) = Fields::of_entry(entry, &path, &what, problems) else {
            continue;
        };
        let is_used = used.contains(entry.key.as_str());
        if let (Some(name), Some(link)) = (name, one(link, &entry.key, folder, is_used, problems)) {
            links.push((name, link));
        }
    }
    links
}

fn one(link: Fields<'_>, name: &str, folder: &Path, is_used: bool, problems: &mut Problems) -> Option<Link> {
    link.report_unknown(&KEYS, false, problems);
    report_idle(link, problems);
    let options = link.json_map("options", problems);
    let limits = limits(link, problems);
    let on_error = read_on_error(link, problems);
    let grants = link
        .entry("grants")
        .map(|entry| grants::read(entry, &link.at("grants"), problems));
    Some(Link {
        warm: warm(link, problems),
        component: component(link, name, folder, is_used, problems)?,
        options,
        grants,
        limits,
        on_error,
    })
}

fn warm(link: Fields<'_>, problems: &mut Problems) -> Option<bool> {
    let node = link.get("warm")?;
    // What can't be read is an error, and keeps nothing until it is mended.
    Some(fields::truth(node, &link.at("warm"), "warm", problems).unwrap_or(false))
}

fn report_idle(link: Fields<'_>, problems: &mut Problems) {
    if let Some(entry) = link.entry("pip_name") {
        let message = "`pip_name` has no effect here: no package is installed";
        problems.warn(
            entry.key_place,
            &link.at("pip_name"),
            message,
            "code comes as a component: `component: path`",
        );
    }
    for key in ["ingress-lists", "egress-lists"] {
        if let Some(entry) = link.entry(key) {
            let message = format!("`{key}` of a link has no effect: lists belong to chains");
            let meant = key.replace('-', "_");
            problems.warn(
                entry.key_place,
                &link.at(key),
                message,
                format!("give the chain `{meant}`"),
            );
        }
    }
}

fn component(
    link: Fields<'_>,
    name: &str,
    folder: &Path,
    is_used: bool,
    problems: &mut Problems,
) -> Option<ComponentSource> {
    // With both, the component counts: the same file then serves a Conserver too.
    if let Some(node) = link.get("component") {
        let path = fields::text(node, &link.at("component"), problems)?;
        if path.trim().is_empty() {
            problems.error(
                node.place,
                &link.at("component"),
                "`component` is empty",
                "give the path of a .wasm file",
            );
            return None;
        }
        if let Some(digest) = path.strip_prefix(UPLOADED) {
            return uploaded(digest, node, &link.at("component"), problems);
        }
        return Some(ComponentSource::File(component_path(folder, path)));
    }
    let Some(node) = link.get("module") else {
        let message = format!("the link `{name}` has neither `module` nor `component`");
        let hint = "add `module: links.tag` (a standard link) or `component: path/to/link.wasm`";
        problems.error_if(is_used, link.place, link.path, message, hint);
        return None;
    };
    let path = link.at("module");
    let module = fields::text(node, &path, problems)?;
    if let Some(standard) = by_module(module) {
        return Some(ComponentSource::Standard(standard.name.to_owned()));
    }
    report_unknown_module(module, node.place, &path, is_used, problems);
    None
}

fn uploaded(digest: &str, node: &Node, path: &str, problems: &mut Problems) -> Option<ComponentSource> {
    let digest = Digest::parse(digest);
    if digest.is_err() {
        let message = format!("`{UPLOADED}` has to be followed by the 64 hex digits of a component's digest");
        problems.error(
            node.place,
            path,
            message,
            "`vconduit link list` and the answer of an upload show it",
        );
    }
    digest.ok().map(ComponentSource::Uploaded)
}

fn report_unknown_module(module: &str, place: Place, path: &str, is_used: bool, problems: &mut Problems) {
    let short = module.strip_prefix("links.").unwrap_or(module);
    let names: Vec<&str> = standard().map(|link| link.name).collect();
    let near = nearest(short, names.iter().copied())
        .map(|near| format!("did you mean `links.{near}`? "))
        .unwrap_or_default();
    let effect = if is_used {
        ""
    } else {
        "; no enabled chain uses it, so it is left out"
    };
    let message = format!("the module `{module}` is not built in{effect}");
    let built_in: Vec<String> = names.iter().map(|name| format!("links.{name}")).collect();
    let built_in = built_in.join(", ");
    let hint = format!("{near}built in: {built_in}. Any other code can be given with `component: path/to/link.wasm`");
    problems.error_if(is_used, place, path, message, hint);
}

/// Where a component lies: relative to the configuration file.
pub(super) fn component_path(folder: &Path, path: &str) -> PathBuf {
    // Lexically: `./a` and `a` have to be the same component on every host.
    folder.join(path).components().collect()
}

fn limits(link: Fields<'_>, problems: &mut Problems) -> Limits {
    let mut limits = Limits::default();
    let path = link.at("limits");
    let Some(node) = link.get("limits") else { return limits };
    let Some(given) = Fields::of(node, &path, "`limits`", problems) else {
        return limits;
    };
    // A mistyped limit would leave the link with more than its writer meant: an error, not a warning.
    given.report_unknown(&TABLE.map(|row| row.key), true, problems);
    for entry in given.entries() {
        if !entry.value.is_null() && TABLE.iter().any(|row| row.key == entry.key) {
            set_limit(&mut limits, &entry.key, &entry.value, &given.at(&entry.key), problems);
        }
    }
    limits
}

/// The limits for which 0 has a meaning: none of it.
const MAY_BE_ZERO: [&str; 4] = ["log_line_bytes", "log_bytes", "requests", "response_bytes"];

fn set_limit(limits: &mut Limits, key: &str, node: &Node, path: &str, problems: &mut Problems) {
    let least = u64::from(!MAY_BE_ZERO.contains(&key));
    let value = match &node.kind {
        Kind::Number(number) => number.as_u64().filter(|value| *value >= least),
        _ => None,
    };
    let Some(value) = value else {
        let message = format!("`{key}` has to be a whole number from {least} on");
        problems.error(node.place, path, message, "write digits only; the unit is in the name");
        return;
    };
    if let Err(ceiling) = limits.set(key, value) {
        let ceiling = ceiling.unwrap_or_default();
        let message = format!("`{key}` is {value}, above its ceiling of {ceiling}");
        problems.error(node.place, path, message, format!("write {ceiling} or less"));
    }
}

/// Reads `on_error` of a chain or link.
pub(super) fn read_on_error(fields: Fields<'_>, problems: &mut Problems) -> Option<OnError> {
    let node = fields.get("on_error")?;
    match node.as_text() {
        Some("dlq") => Some(OnError::DeadLetter),
        Some("continue") => Some(OnError::Continue),
        Some("stop") => Some(OnError::Stop),
        _ => {
            let message = "`on_error` has to be `dlq`, `continue` or `stop`";
            problems.error(
                node.place,
                &fields.at("on_error"),
                message,
                "without it a failed vCon goes to the dead letters",
            );
            None
        }
    }
}
