//! A reader for tests, with some standard links and storage modules.

use crate::{Checked, Reader, StandardModule};
use vconduit_base::modules::KnownModule;

const fn storage(name: &'static str, feature: &'static str, is_built: bool) -> KnownModule {
    KnownModule {
        name,
        old_names: &[],
        feature,
        is_built,
    }
}

pub(crate) fn reader() -> Reader {
    let storages = vec![
        storage("storage.file", "file", true),
        storage("storage.s3", "s3", true),
        storage("storage.redis_storage", "redis", true),
        storage("storage.postgres", "postgres", false),
    ];
    let links = link_folders().into_iter().map(|name| StandardModule {
        further: if name == "webhook" {
            vec!["links.post_to_url".to_owned()]
        } else {
            Vec::new()
        },
        name,
    });
    Reader {
        links: links.collect(),
        storages,
        ..Reader::default()
    }
}

/// Names of the standard links, which are those of their folders.
fn link_folders() -> Vec<&'static str> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../links-wasm/links");
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<&'static str> = names.map(|name| &*name.leak()).collect();
    names.sort_unstable();
    names
}

pub(crate) fn read(text: &str, source: &str) -> Checked {
    reader().text(text, source)
}
