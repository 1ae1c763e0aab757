//! Reads the section `storages`.
//!
//! Guarantee: a storage has a module that this build has. Its adapter checks its options.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::Problems;
use super::fields::{self, Fields, join};
use crate::StorageEntry;
use vconduit_base::modules::{KnownModule, ModuleError};
use vconduit_base::names::StorageName;

const SECTION: &str = "storages";
const KEYS: [&str; 2] = ["module", "options"];

/// Reads the section. It is an error if a storage in `used`, the storages of enabled chains, can't
/// run. `known` are the modules that a storage can have.
pub(super) fn read(
    sections: Fields<'_>,
    known: &[KnownModule],
    used: &HashSet<&str>,
    problems: &mut Problems,
) -> IndexMap<StorageName, StorageEntry> {
    let mut storages = IndexMap::new();
    let Some(node) = sections.get(SECTION) else {
        return storages;
    };
    let Some(section) = Fields::of(node, SECTION, "`storages`", problems) else {
        return storages;
    };
    for entry in section.entries() {
        let path = join(SECTION, &entry.key);
        let name = fields::name(&entry.key, entry.key_place, &path, problems);
        let what = format!("the storage `{}`", entry.key);
        let Some(storage) = Fields::of_entry(entry, &path, &what, problems) else {
            continue;
        };
        storage.report_unknown(&KEYS, false, problems);
        let module = module(storage, &entry.key, known, used.contains(entry.key.as_str()), problems);
        let options = storage.json_map("options", problems);
        if let (Some(name), Some(module)) = (name, module) {
            storages.insert(name, StorageEntry { module, options });
        }
    }
    storages
}

fn module(
    storage: Fields<'_>,
    name: &str,
    known: &[KnownModule],
    is_used: bool,
    problems: &mut Problems,
) -> Option<String> {
    let Some(node) = storage.get("module") else {
        let message = format!("the storage `{name}` has no `module`");
        problems.error_if(
            is_used,
            storage.place,
            storage.path,
            message,
            "add for example `module: storage.file`",
        );
        return None;
    };
    let path = storage.at("module");
    let module = fields::text(node, &path, problems)?;
    if known.iter().any(|known| known.is_built && known.is_called(module)) {
        return Some(module.to_owned());
    }
    let effect = if is_used {
        ""
    } else {
        "; no enabled chain uses it, so it is left out"
    };
    let error = ModuleError::new("storage", module, known);
    problems.error_if(is_used, node.place, &path, format!("{error}{effect}"), error.hint);
    None
}
