//! Reads the section `storages`.
//!
//! Guarantee: every module named is one that the Conserver's users know; what its options mean is the adapter's business.

use indexmap::IndexMap;

use super::Problems;
use super::fields::{self, Fields, join};
use crate::config::StorageEntry;
use crate::config::nearest::suggestion;
use crate::names::StorageName;

const SECTION: &str = "storages";
const KEYS: [&str; 2] = ["module", "options"];

/// The modules that a configuration may name. Whether an adapter is built in is answered where storages are made.
pub const STORAGE_MODULES: [&str; 14] = [
    "storage.file",
    "storage.s3",
    "storage.postgres",
    "storage.mongo",
    "storage.redis_storage",
    "storage.elasticsearch",
    "storage.milvus",
    "storage.sftp",
    "storage.webhook",
    "storage.vcon_mcp",
    "storage.scitt",
    "storage.dataverse",
    "storage.spaceandtime",
    "storage.chatgpt_files",
];

pub(super) fn read(sections: Fields<'_>, problems: &mut Problems) -> IndexMap<StorageName, StorageEntry> {
    let mut storages = IndexMap::new();
    let Some(node) = sections.get(SECTION) else { return storages };
    let Some(section) = Fields::of(node, SECTION, "`storages`", problems) else { return storages };
    for entry in section.entries() {
        let path = join(SECTION, &entry.key);
        let name = fields::name(&entry.key, entry.key_place, &path, problems);
        let what = format!("the storage `{}`", entry.key);
        let Some(storage) = Fields::of_entry(entry, &path, &what, problems) else { continue };
        storage.report_unknown(&KEYS, false, problems);
        let module = module(storage, &entry.key, problems);
        let options = storage.json_map("options", problems);
        if let (Some(name), Some(module)) = (name, module) {
            storages.insert(name, StorageEntry { module, options });
        }
    }
    storages
}

fn module(storage: Fields<'_>, name: &str, problems: &mut Problems) -> Option<String> {
    let Some(node) = storage.get("module") else {
        let message = format!("the storage `{name}` has no `module`");
        problems.error(storage.place, storage.path, message, "add for example `module: storage.file`");
        return None;
    };
    let path = storage.at("module");
    let module = fields::text(node, &path, problems)?;
    if STORAGE_MODULES.contains(&module) {
        return Some(module.to_owned());
    }
    let message = format!("there is no storage module `{module}`");
    problems.error(node.place, &path, message, suggestion(module, STORAGE_MODULES, "modules"));
    None
}
