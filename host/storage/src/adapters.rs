//! The list of storage adapters.
//!
//! Guarantee: [`ADAPTERS`] is the only place that names all adapters. A build without an adapter
//! still knows its name, and reports that it is not built.
//!
//! # To add an adapter
//!
//! 1. Write `adapters/NAME.rs`: a struct of its options, their descriptions as `&[OptionSpec]`,
//!    `impl Storage`, and a constant `IMPLEMENTATION` with the descriptions and the function that
//!    builds a storage.
//! 2. Add its `mod` line and its line in [`ADAPTERS`] below.
//! 3. Add its feature to `Cargo.toml`, with the dependencies that only it needs, and name the
//!    feature in `default`.
//! 4. An `Ok` from `save` means that the copy survives the death of this process. Saving twice
//!    leaves one copy.
//! 5. Test it against a real server in `tests/NAME.rs`. `tests/servers.rs` starts servers, and
//!    `tests/run` at the top installs their packages.
//! 6. Name it in the README, in `config/README.md` and in the change log.

#[cfg(feature = "file")]
mod file;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "webhook")]
mod webhook;

use std::sync::Arc;

use super::Storage;
use super::factory::StorageContext;
use super::options::{OptionSpec, Options};
use vconduit_base::modules::{KnownModule, ModuleError};

macro_rules! adapter {
    ($feature:literal, $code:ident, $name:literal, $old_names:expr) => {{
        #[cfg(feature = $feature)]
        let implementation = Some(&$code::IMPLEMENTATION);
        #[cfg(not(feature = $feature))]
        let implementation = None;
        Adapter {
            module: KnownModule {
                name: $name,
                old_names: &$old_names,
                feature: $feature,
                is_built: implementation.is_some(),
            },
            implementation,
        }
    }};
}

/// All adapters: feature, code, name in a configuration, older names.
pub const ADAPTERS: &[Adapter] = &[
    adapter!("file", file, "storage.file", []),
    adapter!("s3", s3, "storage.s3", []),
    adapter!("postgres", postgres, "storage.postgres", []),
    adapter!("redis", redis, "storage.redis_storage", []),
    adapter!("webhook", webhook, "storage.webhook", []),
];

/// An adapter, built or not.
#[derive(Debug, Clone, Copy)]
pub struct Adapter {
    /// Its names in a configuration.
    pub module: KnownModule,
    /// Absent in a build without the adapter's feature.
    implementation: Option<&'static Implementation>,
}

/// The part of an adapter that only a build with its feature has.
#[derive(Debug)]
pub(crate) struct Implementation {
    /// Descriptions of its options.
    pub options: &'static [OptionSpec],
    /// Builds a storage. Problems are added to the options. Returns none if a problem leaves no
    /// storage.
    pub build: fn(&mut Options, &StorageContext) -> Option<Arc<dyn Storage>>,
}

impl Adapter {
    /// Returns the descriptions of its options. A build without the adapter has none.
    #[must_use]
    pub fn options(&self) -> &'static [OptionSpec] {
        self.implementation.map_or(&[], |built| built.options)
    }
}

/// Returns the modules that a configuration can name, for the check of one.
#[must_use]
pub fn known_modules() -> Vec<KnownModule> {
    ADAPTERS.iter().map(|adapter| adapter.module).collect()
}

/// Returns the code of a module. `storage.` may be left out of its name.
///
/// # Errors
/// The module is unknown, or this build is without it.
pub(crate) fn find(module: &str) -> Result<&'static Implementation, ModuleError> {
    let name = match module.strip_prefix("storage.") {
        Some(_) => module.to_owned(),
        None => format!("storage.{module}"),
    };
    let called = ADAPTERS.iter().find(|adapter| adapter.module.is_called(&name));
    called
        .and_then(|adapter| adapter.implementation)
        .ok_or_else(|| ModuleError::new("storage", &name, &known_modules()))
}

/// Returns the storage, or reports its fault as a problem of an option. An empty name stands for
/// the storage as a whole.
fn built<S: Storage>(options: &mut Options, option: &str, result: Result<S, String>) -> Option<Arc<dyn Storage>> {
    match result {
        Ok(storage) => Some(Arc::new(storage)),
        Err(message) => {
            options.problem(option, message);
            None
        }
    }
}
