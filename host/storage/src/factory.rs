//! Builds a storage from a configured module and its options.
//!
//! Guarantee: all faults are reported at once, and none of them shows a value. Building opens no
//! connection and writes nothing.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::options::{OptionProblem, Options};
use super::secret::Secret;
use super::{Storage, adapters};
use vconduit_base::names::StorageName;

/// Returns the secret of a name.
pub type SecretSource = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Parts of the host that storages use.
#[derive(Clone)]
pub struct StorageContext {
    /// The working store's Redis. Absent if the working store is not Redis.
    pub redis_url: Option<Secret>,
    /// The folder in which relative paths begin.
    pub data_dir: PathBuf,
    /// The secret of a name, for `{{secret:NAME}}` in options.
    pub secrets: SecretSource,
}

/// A storage, with the warnings about its options.
pub(crate) struct Built {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// Unknown options and old names.
    pub warnings: Vec<OptionProblem>,
}

/// Builds a storage, and logs its warnings.
///
/// # Errors
/// All problems, at least one.
pub fn build(
    name: &StorageName,
    module: &str,
    options: &Map<String, Value>,
    context: &StorageContext,
) -> Result<Arc<dyn Storage>, Vec<OptionProblem>> {
    let built = build_with_warnings(module, options, context)?;
    for warning in &built.warnings {
        tracing::warn!(storage = %name, module, "{warning}");
    }
    Ok(built.storage)
}

/// Builds a storage, and returns its warnings.
///
/// # Errors
/// All problems, at least one.
pub(crate) fn build_with_warnings(
    module: &str,
    options: &Map<String, Value>,
    context: &StorageContext,
) -> Result<Built, Vec<OptionProblem>> {
    let implementation = adapters::find(module).map_err(|error| {
        vec![OptionProblem {
            option: String::new(),
            message: format!("{error}; {}", error.hint),
            of_environment: false,
        }]
    })?;
    let mut options = Options::new(options, implementation.options, &*context.secrets);
    match (implementation.build)(&mut options, context) {
        Some(storage) if options.problems.is_empty() => Ok(Built {
            storage,
            warnings: options.warnings,
        }),
        _ => Err(options.problems),
    }
}
