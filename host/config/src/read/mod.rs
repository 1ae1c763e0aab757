//! Reads a text, or the store's copy, into a checked [`Config`].
//!
//! Guarantee: all problems are found at once, each with its position. A configuration is returned
//! exactly when none of them is an error.

mod auth;
mod chains;
mod fields;
mod grants;
pub mod host;
mod links;
mod references;
mod signing;
mod storages;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::problem::{Problem, Problems, Severity};
use super::yaml::{self, Kind, Node, Position};
use super::{Checked, Config, Written};
use fields::Fields;
pub use links::StandardModule;
use vconduit_base::modules::KnownModule;

/// The sections that something reads.
const SECTIONS: [&str; 8] = [
    "chains",
    "links",
    "storages",
    "ingress_auth",
    "signing",
    "imports",
    "tracers",
    "followers",
];

/// Sections of the Conserver that are accepted and have no effect, with what to do instead.
const IDLE_SECTIONS: [(&str, &str, &str); 3] = [
    (
        "imports",
        "nothing is imported",
        "code comes as components: upload it, or name it with a link's `component: path`",
    ),
    (
        "tracers",
        "no tracer runs",
        "traces and metrics are exported by the host itself; remove the section or leave it empty",
    ),
    (
        "followers",
        "no other server is followed",
        "let the other server post to this one, for example with a webhook link",
    ),
];

/// Reads configurations, with what the crates above know and a configuration refers to.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// Names of links that run an uploaded component. A configuration may use them without defining
    /// them. They are not part of the returned configuration.
    pub uploaded: Vec<String>,
    /// Standard links that a configuration can name.
    pub links: Vec<StandardModule>,
    /// Storage modules that a configuration can name.
    pub storages: Vec<KnownModule>,
}

impl Reader {
    /// Reads the text of a configuration file. `source` is its path: messages show it, and paths of
    /// components are relative to its folder.
    #[must_use]
    pub fn text(&self, text: &str, source: &str) -> Checked {
        let mut problems = Problems::default();
        let document = match yaml::parse(text) {
            Ok(document) => document,
            Err(note) => {
                problems.error(note.place, "", note.message, note.hint);
                return finish(source, None, problems, Written::new());
            }
        };
        for note in document.notes {
            problems.error_if(note.fatal, note.place, "", note.message, note.hint);
        }
        let root = document.root.unwrap_or(Node {
            place: Position { line: 1, column: 1 },
            kind: Kind::Null,
        });
        self.node(&root, source, problems)
    }

    /// Reads a configuration that is JSON already, such as one that a client sent.
    #[must_use]
    pub fn json(&self, written: &Written, source: &str) -> Checked {
        let root = Node::from_json(&Value::Object(written.clone()));
        self.node(&root, source, Problems::default())
    }

    fn node(&self, root: &Node, source: &str, mut problems: Problems) -> Checked {
        let Some(sections) = Fields::of(root, "", "a configuration", &mut problems) else {
            return finish(source, None, problems, Written::new());
        };
        let folder = folder_of(source);
        let config = self.config(sections, &folder, &mut problems);
        let mut written = yaml::json_map(sections.entries());
        anchor_components(&mut written, &folder);
        finish(source, Some(config), problems, written)
    }

    fn config(&self, sections: Fields<'_>, folder: &Path, problems: &mut Problems) -> Config {
        sections.report_unknown(&SECTIONS, false, problems);
        for (name, effect, hint) in IDLE_SECTIONS {
            report_idle(sections, name, effect, hint, problems);
        }
        let chains = chains::read(sections, problems);
        let enabled = || chains.iter().filter(|draft| draft.chain.enabled);
        let used_links: HashSet<&str> = enabled().flat_map(chains::Draft::link_names).collect();
        let used_storages: HashSet<&str> = enabled().flat_map(chains::Draft::storage_names).collect();
        let links = links::Section {
            standard: &self.links,
            folder,
            used: &used_links,
        };
        let links = links.read(sections, problems);
        let storages = storages::read(sections, &self.storages, &used_storages, problems);
        references::check(&chains, sections, &self.uploaded, problems);
        Config {
            ingress_auth: auth::read(sections, problems),
            signing: signing::read(sections, problems),
            chains: chains.into_iter().map(|draft| (draft.name, draft.chain)).collect(),
            links: links.into_iter().collect(),
            storages,
        }
    }
}

/// Reads grants by themselves, in the shape of a link's `grants`.
///
/// # Errors
/// All problems of the grants.
pub fn read_grants(grants: &serde_json::Map<String, Value>) -> Result<vconduit_policy::Grants, Vec<Problem>> {
    let node = Node::from_json(&Value::Object(grants.clone()));
    let entry = yaml::Entry {
        key: "grants".to_owned(),
        key_place: node.place,
        value: node,
    };
    let mut problems = Problems::default();
    let grants = grants::read(&entry, "grants", &mut problems);
    let errors: Vec<Problem> = problems.into_sorted();
    let errors: Vec<Problem> = errors
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    if errors.is_empty() { Ok(grants) } else { Err(errors) }
}

fn finish(source: &str, config: Option<Config>, problems: Problems, written: Written) -> Checked {
    let config = config.filter(|_| !problems.has_errors());
    Checked {
        source: source.to_owned(),
        config,
        problems: problems.into_sorted(),
        written,
    }
}

fn report_idle(sections: Fields<'_>, name: &str, effect: &str, hint: &str, problems: &mut Problems) {
    let Some(entry) = sections.entry(name) else { return };
    let empty = match &entry.value.kind {
        Kind::Null => true,
        Kind::Map(entries) => entries.is_empty(),
        Kind::List(values) => values.is_empty(),
        _ => false,
    };
    if !empty {
        problems.warn(
            entry.key_place,
            name,
            format!("`{name}` has no effect here: {effect}"),
            hint,
        );
    }
}

/// The folder that paths of components are relative to, as an absolute path: every host has to find
/// the same file.
fn folder_of(source: &str) -> PathBuf {
    let folder = Path::new(source).parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() {
        return std::path::absolute(".").unwrap_or_default();
    }
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

/// Replaces `component` paths by absolute ones, so that the store's copy means the same to a host
/// that has not read the file.
fn anchor_components(written: &mut Written, folder: &Path) {
    let Some(Value::Object(links)) = written.get_mut("links") else {
        return;
    };
    for link in links.values_mut() {
        if let Some(Value::String(path)) = link.get_mut("component")
            && !path.starts_with(links::UPLOADED)
        {
            *path = links::component_path(folder, path).to_string_lossy().into_owned();
        }
    }
}
