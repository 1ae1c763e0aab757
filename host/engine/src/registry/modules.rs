//! Modules that a configuration can name in this build.

use vconduit_config::Reader;
use vconduit_storage::known_modules;

/// Reads configurations for this build. `uploaded` are the names of the links that run an uploaded component.
#[must_use]
pub fn config_reader(uploaded: Vec<String>) -> Reader {
    Reader {
        uploaded,
        storages: known_modules(),
    }
}
