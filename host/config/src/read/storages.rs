//! Reads the section `storages`.
//!
//! Guarantee: a storage that comes out has a module that is built in; what its options mean is the adapter's business.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::Problems;
use super::fields::{self, Fields, join};
use crate::StorageEntry;
use vconduit_base::names::StorageName;
use vconduit_base::suggest::suggestion;

const SECTION: &str = "storages";
const KEYS: [&str; 2] = ["module", "options"];

/// The storages that are built into the host.
pub const STORAGE_MODULES: [&str; 5] = [
    "storage.file",
    "storage.s3",
    "storage.postgres",
    "storage.redis_storage",
    "storage.webhook",
];

/// Reads the section. A storage that can't run is an error if it is in `used`, the storages of chains that are switched on.
pub(super) fn read(
    sections: Fields<'_>,
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
        let module = module(storage, &entry.key, used.contains(entry.key.as_str()), problems);
        let options = storage.json_map("options", problems);
        if let (Some(name), Some(module)) = (name, module) {
            storages.insert(name, StorageEntry { module, options });
        }
    }
    storages
}

fn module(storage: Fields<'_>, name: &str, is_used: bool, problems: &mut Problems) -> Option<String> {
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
    if STORAGE_MODULES.contains(&module) {
        return Some(module.to_owned());
    }
    let effect = if is_used {
        ""
    } else {
        "; no enabled chain uses it, so it is left out"
    };
    let message = format!("the storage module `{module}` is not built in{effect}");
    problems.error_if(
        is_used,
        node.place,
        &path,
        message,
        suggestion(module, STORAGE_MODULES, "built in"),
    );
    None
}
