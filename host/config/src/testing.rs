//! A reader for tests, with some storage modules.

use crate::{Checked, Reader};
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
    Reader {
        storages,
        ..Reader::default()
    }
}

pub(crate) fn read(text: &str, source: &str) -> Checked {
    reader().text(text, source)
}
