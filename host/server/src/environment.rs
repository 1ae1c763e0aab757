//! The settings from the environment of this process.

use vconduit_config::{SettingProblem, Settings};

/// Reads the variables of this process.
///
/// # Errors
/// All variables with a value that does not work.
pub(crate) fn settings() -> Result<Settings, Vec<SettingProblem>> {
    Settings::from_env(&|name| std::env::var(name).ok())
}
