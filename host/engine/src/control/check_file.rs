//! The check of a configuration file without a server, for `vconduit check-config`.
//!
//! Guarantee: a file passes only when a host with the same environment could start with it. Parts
//! that only a server can check are reported as unchecked: uploaded components, and storages that
//! need a part of the environment that is missing here.

use std::path::Path;

use crate::registry::{Registry, RegistryError, config_reader};
use vconduit_base::ConfigRevision;
use vconduit_config::check::{self, Unreadable};
use vconduit_config::{Checked, Problem, Severity, locate};

/// Reads a configuration file and checks it. The registry needs no store.
///
/// # Errors
/// When the file can't be read at all.
pub async fn check_file(path: &Path, registry: &Registry) -> Result<Checked, Unreadable> {
    let text = check::text(path)?;
    let mut checked = config_reader(Vec::new()).text(&text, &path.to_string_lossy());
    let Some(config) = checked.config.clone() else {
        return Ok(checked);
    };
    match registry.snapshot(config, ConfigRevision::NONE).await {
        Ok(snapshot) => checked.add(snapshot.warnings.into_iter().map(|warning| located(warning, &text))),
        Err(errors) => checked.add(errors.iter().map(|error| problem(error, &text))),
    }
    Ok(checked)
}

/// The warning with its line.
fn located(warning: Problem, text: &str) -> Problem {
    let (line, column) = locate::locate_path(text, &warning.path);
    Problem {
        line,
        column,
        ..warning
    }
}

fn problem(error: &RegistryError, text: &str) -> Problem {
    let (line, column) = locate::locate(text, &error.steps());
    let (severity, hint) = match error.is_of_this_machine() {
        false => (Severity::Error, ""),
        true => (
            Severity::Warning,
            "not checked; a server tells more: POST /admin/v1/config/validate",
        ),
    };
    Problem {
        severity,
        line,
        column,
        path: error.path(),
        message: error.to_string(),
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests;
