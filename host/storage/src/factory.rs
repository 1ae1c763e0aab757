//! From a configured module and its options to a storage.
//!
//! Guarantee: all faults are reported at once, none of them shows a value; building opens no connection and writes nothing.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::file::{FileOptions, FileStorage};
use super::options::{OptionProblem, Options, Vocabulary};
use super::postgres::{PostgresOptions, PostgresStorage};
use super::redis_storage::{RedisOptions, RedisStorage};
use super::s3::{S3Options, S3Storage};
use super::secret::Secret;
use super::webhook::{WebhookOptions, WebhookStorage};
use super::{Storage, file, postgres, redis_storage, s3, webhook};
use vconduit_base::names::StorageName;

/// Where secrets come from, by name.
pub type SecretSource = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What storages share with the rest of the host.
#[derive(Clone)]
pub struct StorageContext {
    /// The working store's Redis, where it is Redis.
    pub redis_url: Option<Secret>,
    /// Where relative paths begin.
    pub data_dir: PathBuf,
    /// The secret of a name, for `{{secret:NAME}}` in options.
    pub secrets: SecretSource,
}

/// A storage, and what its options deserve a word about.
pub struct Built {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// Unknown options, old names.
    pub warnings: Vec<OptionProblem>,
}

type Make = fn(&mut Options, &StorageContext) -> Option<Arc<dyn Storage>>;

/// Every adapter: module name without `storage.`, words, maker.
const ADAPTERS: [(&str, &Vocabulary, Make); 5] = [
    ("file", &file::WORDS, make_file),
    ("redis_storage", &redis_storage::WORDS, make_redis),
    ("webhook", &webhook::WORDS, make_webhook),
    ("s3", &s3::WORDS, make_s3),
    ("postgres", &postgres::WORDS, make_postgres),
];

/// Makes a storage; warnings go to the log.
///
/// # Errors
/// All that is wrong, at least one thing.
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

/// Makes a storage; warnings go to the caller, for a check of the configuration.
///
/// # Errors
/// All that is wrong, at least one thing.
pub fn build_with_warnings(
    module: &str,
    options: &Map<String, Value>,
    context: &StorageContext,
) -> Result<Built, Vec<OptionProblem>> {
    let short = module.strip_prefix("storage.").unwrap_or(module);
    let Some((_, words, make)) = ADAPTERS.iter().find(|(name, ..)| *name == short) else {
        return Err(vec![unknown_module(module)]);
    };
    let mut options = Options::new(options, words, &*context.secrets);
    match make(&mut options, context) {
        Some(storage) if options.problems.is_empty() => Ok(Built {
            storage,
            warnings: options.warnings,
        }),
        _ => Err(options.problems),
    }
}

fn unknown_module(module: &str) -> OptionProblem {
    let names = ADAPTERS.map(|(name, ..)| format!("storage.{name}")).join(", ");
    OptionProblem {
        option: String::new(),
        message: format!("there is no storage module {module:?}; there are {names}"),
        of_environment: false,
    }
}

fn make_file(options: &mut Options, context: &StorageContext) -> Option<Arc<dyn Storage>> {
    Some(Arc::new(FileStorage::new(FileOptions::read(
        options,
        &context.data_dir,
    ))))
}

fn make_redis(options: &mut Options, context: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = RedisOptions::read(options, context.redis_url.as_ref())?;
    finished(options, "redis_url", RedisStorage::new(read))
}

fn make_webhook(options: &mut Options, _: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = WebhookOptions::read(options);
    finished(options, "", WebhookStorage::new(read))
}

fn make_s3(options: &mut Options, _: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = S3Options::read(options)?;
    finished(options, "s3_path", S3Storage::new(read))
}

fn make_postgres(options: &mut Options, _: &StorageContext) -> Option<Arc<dyn Storage>> {
    let read = PostgresOptions::read(options);
    finished(options, "", PostgresStorage::new(read))
}

fn finished<S: Storage>(options: &mut Options, option: &str, made: Result<S, String>) -> Option<Arc<dyn Storage>> {
    match made {
        Ok(storage) => Some(Arc::new(storage)),
        Err(message) => {
            options.problem(option, message);
            None
        }
    }
}
