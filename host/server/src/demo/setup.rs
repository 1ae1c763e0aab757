//! Prepares the demo: its settings, its configuration and its samples.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::DemoError;
use super::client::Sample;
use super::receiver::Receiver;
use crate::arguments::DemoArgs;
use crate::environment;
use vconduit_config::Settings;

/// Address of the webhook in `config/vconduit.yml`. The demo replaces it by the address of its own
/// receiver.
pub(super) const WEBHOOK: &str = "http://127.0.0.1:8099";

/// The settings of the environment, with an embedded store of the demo's own. It is empty at each
/// start.
pub(super) fn settings() -> Result<Settings, DemoError> {
    let mut settings = environment::settings().map_err(DemoError::Environment)?;
    settings
        .compile_cache_dir
        .get_or_insert(settings.data_dir.join("compiled"));
    settings.redis_url = None;
    settings.data_dir = settings.data_dir.join("demo");
    let folder = &settings.data_dir;
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let refused = DemoError::file(
                "empty",
                folder,
                "stop another demo that uses it, or set VCONDUIT_DATA_DIR",
            );
            return Err(refused(error));
        }
        _ => {}
    }
    std::fs::create_dir_all(folder).map_err(DemoError::file(
        "create",
        folder,
        "set VCONDUIT_DATA_DIR to a folder that you may write to",
    ))?;
    Ok(settings)
}

/// Writes the configuration with the webhook pointing at the demo's receiver. Returns the path.
pub(super) fn config_file(
    arguments: &DemoArgs,
    settings: &Settings,
    receiver: &Receiver,
) -> Result<PathBuf, DemoError> {
    let text = std::fs::read_to_string(&arguments.config).map_err(DemoError::file(
        "read",
        &arguments.config,
        "run the demo in the project's folder, or name the file with --config",
    ))?;
    let own = settings.data_dir.join("vconduit.yml");
    std::fs::write(&own, text.replace(WEBHOOK, &receiver.url())).map_err(DemoError::file(
        "write",
        &own,
        "set VCONDUIT_DATA_DIR to a folder that you may write to",
    ))?;
    Ok(own)
}

/// Reads the vCons of a folder, sorted by file name.
pub(super) fn samples(folder: &Path) -> Result<Vec<Sample>, DemoError> {
    const NEXT_STEP: &str = "name the folder of the samples with --samples";
    let paths = paths(folder).map_err(DemoError::file("read", folder, NEXT_STEP))?;
    if paths.is_empty() {
        return Err(DemoError::NoSamples(folder.to_owned()));
    }
    let samples = paths.iter().map(|path| {
        let bytes = std::fs::read(path).map_err(DemoError::file("read", path, NEXT_STEP))?;
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        Ok(Sample {
            name: name.into_owned(),
            bytes,
        })
    });
    samples.collect()
}

fn paths(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".vcon.json") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
