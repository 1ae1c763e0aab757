//! The attacks of `tests/hostile`. Each has a folder with a component and the expected end.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use vconduit_harness::components::hostile_file;
use vconduit_harness::samples;

use super::server::Server;

/// Limits that end an attack soon. A case may set others.
const LIMITS: &str = r#"{"cpu_ms": 500, "wall_ms": 10000, "memory_bytes": 33554432, "attempts": 1}"#;

/// Place of the vCon at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// Among the dead letters.
    #[default]
    DeadLetter,
    /// On the egress list: the attack had no effect.
    Out,
    /// No vCon: the component is refused.
    Refused,
}

/// One attack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Name of the folder and of the case in it.
    #[serde(default)]
    pub name: String,
    #[serde(skip)]
    folder: PathBuf,
    #[serde(default)]
    options: Value,
    #[serde(default)]
    grants: Value,
    #[serde(default)]
    limits: Map<String, Value>,
    /// Place of the vCon at the end.
    #[serde(default)]
    pub ends: Ends,
    /// Expected class in the error record.
    #[serde(default)]
    pub class: String,
    /// Expected words of the error.
    #[serde(default)]
    pub error: String,
    /// Expected words of the log.
    #[serde(default)]
    pub log: Vec<String>,
    /// Most bytes that one call may write to the log.
    #[serde(default = "little")]
    pub log_bytes_at_most: usize,
}

fn little() -> usize {
    16 * 1024
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Several { cases: Vec<Case> },
    One(Box<Case>),
}

/// Returns the folder of the attacks.
pub fn folder() -> PathBuf {
    samples::root().join("tests/hostile")
}

/// Returns all attacks.
pub fn all() -> Vec<Case> {
    let entries = std::fs::read_dir(folder()).expect("tests/hostile");
    let mut cases: Vec<Case> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.join("case.json").is_file())
        .flat_map(|path| read(&path))
        .collect();
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    assert!(cases.len() >= 40, "only {} attacks were found", cases.len());
    cases
}

fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path.join("case.json")).expect("a case");
    let file = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases = match file {
        File::Several { cases } => cases,
        File::One(case) => vec![*case],
    };
    let folder = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let complete = |case: Case| Case {
        name: format!("{folder}-{}", case.name).trim_end_matches('-').to_owned(),
        folder: path.to_owned(),
        ..case
    };
    cases.into_iter().map(complete).collect()
}

impl Case {
    /// Returns the component's bytes.
    pub fn component(&self) -> Vec<u8> {
        let text = self.folder.join("link.wat");
        if text.is_file() {
            return wat::parse_file(&text).unwrap_or_else(|error| panic!("{error}"));
        }
        let file = self.folder.file_name().and_then(|name| name.to_str()).expect("a name");
        std::fs::read(hostile_file(file)).expect("a built component")
    }

    /// Returns the link's entry in the configuration. Its component is copied to this folder.
    pub fn link(&self, components: &Path, server: &Server) -> Value {
        let file = components.join(&self.name).with_extension("wasm");
        std::fs::write(&file, self.component()).expect("the component's file");
        let mut limits: Map<String, Value> = serde_json::from_str(LIMITS).expect("limits");
        limits.extend(self.limits.clone());
        let mut link = json!({"component": file, "limits": limits});
        for (key, value) in [("options", &self.options), ("grants", &self.grants)] {
            if !value.is_null() {
                link[key] = serde_json::from_str(&server.fill(&value.to_string())).expect("JSON");
            }
        }
        link
    }
}
