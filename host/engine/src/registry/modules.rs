//! Modules that a configuration can name in this build.

use vconduit_config::{Reader, StandardModule};
use vconduit_standard_links::standard;
use vconduit_storage::known_modules;

/// The reader of configurations for this build. `uploaded` are the names of the links that run an
/// uploaded component.
#[must_use]
pub fn config_reader(uploaded: Vec<String>) -> Reader {
    Reader {
        uploaded,
        links: standard_modules(),
        storages: known_modules(),
    }
}

fn standard_modules() -> Vec<StandardModule> {
    let modules = standard().map(|link| StandardModule {
        name: link.name,
        further: link.further_modules().to_vec(),
    });
    modules.collect()
}
