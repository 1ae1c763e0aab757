//! Reads the section `links`.
//!
//! Guarantee: a link has a component source, options as written, grants no wider than written, and
//! limits below their ceilings.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Problems;
use super::fields::{self, Fields, join};
use super::grants;
use crate::yaml::{Kind, Node};
use crate::{ComponentSource, Link, OnError};
use vconduit_base::names::{Digest, LinkName};
use vconduit_base::suggest::nearest;
use vconduit_policy::Limits;
use vconduit_policy::limits::TABLE;

const SECTION: &str = "links";

/// First part of the module of a standard link; the second part is its name.
const MODULE_PREFIX: &str = "links.";

/// Prefix of the digest of an uploaded component.
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

/// A standard link, by the names that a configuration can use in `module`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardModule {
    /// Name of the link. The module is `links.<name>`.
    pub name: &'static str,
    /// Further modules that mean the same link.
    pub further: Vec<String>,
}

/// The section, with the facts that its entries refer to.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    pub standard: &'a [StandardModule],
    /// Folder that paths of components are relative to.
    pub folder: &'a Path,
    /// Links of enabled chains. It is an error if one of them can't run.
    pub used: &'a HashSet<&'a str>,
}

impl Section<'_> {
    /// Reads all links.
    pub(super) fn read(self, sections: Fields<'_>, problems: &mut Problems) -> Vec<(LinkName, Link)> {
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
            if let (Some(name), Some(link)) = (name, self.link(link, &entry.key, problems)) {
                links.push((name, link));
            }
        }
        links
    }

    fn link(self, link: Fields<'_>, name: &str, problems: &mut Problems) -> Option<Link> {
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
            component: self.component(link, name, problems)?,
            options,
            grants,
            limits,
            on_error,
        })
    }

    fn component(self, link: Fields<'_>, name: &str, problems: &mut Problems) -> Option<ComponentSource> {
        // With both, the component counts: the same file then serves a Conserver too.
        if let Some(node) = link.get("component") {
            return self.file_or_upload(node, &link.at("component"), problems);
        }
        let is_used = self.used.contains(name);
        let Some(node) = link.get("module") else {
            let message = format!("the link `{name}` has neither `module` nor `component`");
            let hint = "add `module: links.tag` (a standard link) or `component: path/to/link.wasm`";
            problems.error_if(is_used, link.place, link.path, message, hint);
            return None;
        };
        let path = link.at("module");
        let module = fields::text(node, &path, problems)?;
        if let Some(standard) = self.standard_link(module) {
            return Some(ComponentSource::Standard(standard.to_owned()));
        }
        let (message, hint) = self.unknown_module(module, is_used);
        problems.error_if(is_used, node.place, &path, message, hint);
        None
    }

    fn file_or_upload(self, node: &Node, path: &str, problems: &mut Problems) -> Option<ComponentSource> {
        let text = fields::text(node, path, problems)?;
        if text.trim().is_empty() {
            let hint = "give the path of a .wasm file";
            problems.error(node.place, path, "`component` is empty", hint);
            return None;
        }
        match text.strip_prefix(UPLOADED) {
            Some(digest) => uploaded(digest, node, path, problems),
            None => Some(ComponentSource::File(component_path(self.folder, text))),
        }
    }

    /// The name of the standard link with this module.
    fn standard_link(self, module: &str) -> Option<&'static str> {
        let name = module.strip_prefix(MODULE_PREFIX);
        let by_name = self.standard.iter().find(|link| Some(link.name) == name);
        let found = by_name.or_else(|| {
            let mut all = self.standard.iter();
            all.find(|link| link.further.iter().any(|further| further == module))
        });
        found.map(|link| link.name)
    }

    /// The message and the next step for a module that no standard link has.
    fn unknown_module(self, module: &str, is_used: bool) -> (String, String) {
        let short = module.strip_prefix(MODULE_PREFIX).unwrap_or(module);
        let near = nearest(short, self.standard.iter().map(|link| link.name))
            .map(|near| format!("did you mean `links.{near}`? "))
            .unwrap_or_default();
        let effect = match is_used {
            true => "",
            false => "; no enabled chain uses it, so it is left out",
        };
        let built_in: Vec<String> = self
            .standard
            .iter()
            .map(|link| format!("links.{}", link.name))
            .collect();
        (
            format!("the module `{module}` is not built in{effect}"),
            format!(
                "{near}built in: {}. Any other code can be given with `component: path/to/link.wasm`",
                built_in.join(", ")
            ),
        )
    }
}

fn warm(link: Fields<'_>, problems: &mut Problems) -> Option<bool> {
    let node = link.get("warm")?;
    // An unreadable value is an error. Until it is corrected, no instance is kept.
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

/// Path of a component, relative to the folder of the configuration file.
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
    // A mistyped limit would leave the link with more than was meant, so it is an error, not a
    // warning.
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
