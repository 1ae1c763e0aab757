//! Settings from the environment, which is read once at start. Names and defaults are those of the
//! Conserver where it has them.
//!
//! Guarantee: all errors of the environment are reported at once. No credential is in a message or
//! in `Debug` output.
//!
//! Not `figment` or `config`: they stop at the first error and derive the names of variables, which
//! are given by the Conserver here.

mod from_env;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

use vcon_document::EgressFormat;
use vconduit_base::redis::{RedisJson, ReplicaWait};
use vconduit_base::{Lifetimes, LogFormat};

/// Settings of a host. They are read once, at start.
#[derive(Clone)]
pub struct Settings {
    /// `REDIS_URL`; absent or empty: the embedded store.
    pub redis_url: Option<String>,
    /// `VCONDUIT_REDISJSON`: `never` (default), `auto` or `always`; form of documents in Redis.
    pub redis_json: RedisJson,
    /// `VCONDUIT_REDIS_WAIT`: `replicas:milliseconds`; replicas that confirm what is acknowledged.
    pub redis_wait: Option<ReplicaWait>,
    /// `VCONDUIT_REQUIRE_DURABLE`: refuses a Redis that can lose what was acknowledged.
    pub require_durable: bool,
    /// `VCONDUIT_DATA_DIR`, default `./data`.
    pub data_dir: PathBuf,
    /// `VCONDUIT_COMPILE_CACHE_DIR`: folder of compiled components. Absent: `compiled` under the
    /// data folder.
    pub compile_cache_dir: Option<PathBuf>,
    /// `CONSERVER_CONFIG_FILE`, overridden by `--config`.
    pub config_file: PathBuf,
    /// `CONSERVER_API_TOKEN` and the lines of `CONSERVER_API_TOKEN_FILE`. If there are none, every
    /// route is open.
    pub api_keys: Vec<String>,
    /// Keys of the admin API: `VCONDUIT_ADMIN_TOKEN` (name `admin`) and the lines `name:key` of
    /// `VCONDUIT_ADMIN_TOKEN_FILE`.
    pub admin_keys: Vec<AdminKey>,
    /// `CONSERVER_HEADER_NAME`, default `x-conserver-api-token`.
    pub api_key_header: String,
    /// `API_ROOT_PATH`, default `/api`; empty: no prefix.
    pub root_path: String,
    /// `CONSERVER_VCON_CONCURRENCY` × `CONSERVER_WORKERS` if either is set, otherwise
    /// [`Settings::DEFAULT_CONCURRENCY`].
    pub concurrency: usize,
    /// `CONSERVER_PARALLEL_STORAGE`, default true.
    pub parallel_storage: bool,
    /// `VCON_REDIS_EXPIRY`, `VCON_INDEX_EXPIRY`, `VCON_CONTEXT_EXPIRY`, `VCON_DLQ_EXPIRY` and
    /// `VCONDUIT_TRAIL_EXPIRY`.
    pub lifetimes: Lifetimes,
    /// `VCON_SORTED_SET_NAME`, default `vcons`.
    pub sorted_set: String,
    /// `VCON_STORAGE_FALLBACK_ENABLED`, default true.
    pub storage_fallback: bool,
    /// `VCONDUIT_STORAGE_RETRY_S`, default 60: seconds between two rounds in which a worker saves
    /// the dead letters of storages again; 0: never. A minute is soon for a person who waits for a
    /// vCon, and one save a minute is no load for a storage that is down. Saving twice is harmless.
    pub storage_retry_s: u64,
    /// `EGRESS_FORMAT_VERSION`: format of vCons in responses.
    pub egress: EgressFormat,
    /// `VCON_SERVER_VERSION`, `VCON_SERVER_GIT_COMMIT`, `VCON_SERVER_BUILD_TIME`.
    pub version: ServerVersion,
    /// `VCONDUIT_SECRETS_DIR`: one 0600 file for each secret.
    pub secrets_dir: Option<PathBuf>,
    /// `VCONDUIT_MAX_BODY_BYTES`: the largest request body. The default of 64 MiB is twice the
    /// largest document, for its escapes.
    pub max_body_bytes: usize,
    /// `VCONDUIT_ADMIT_MEMORY_PERCENT`, default 80: part of the memory of Redis (`maxmemory`) above
    /// which new vCons are refused. The rest is left to the chains, which need memory to make room.
    /// 100: nothing is refused.
    pub admit_memory_percent: u8,
    /// `VCONDUIT_ADMIT_DEPTH`, default 0: entries of an ingress list above which new vCons for it
    /// are refused. 0: no limit, as in the Conserver.
    pub admit_depth: u64,
    /// `VCONDUIT_LEASE_MS`, default 30,000: lifetime of a claim that is not renewed. A crash delays
    /// a vCon by this time.
    pub lease_ms: u64,
    /// `VCONDUIT_LOG_FORMAT`: `json` or `pretty`; default pretty on a terminal, else JSON.
    pub log_format: LogFormat,
    /// `VCONDUIT_DRAIN_MS`, default 25,000: time that a stop waits for active runs before it
    /// returns them to their lists.
    pub drain_ms: u64,
}

impl Settings {
    /// vCons processed at once by default. Enough to use two cores while runs wait for Redis and
    /// slow links. It also bounds the memory.
    pub const DEFAULT_CONCURRENCY: usize = 64;

    /// Variables of the Conserver that mean nothing here; they may stay set.
    pub const IGNORED: [&str; 21] = [
        "CONSERVER_START_METHOD",
        "VCON_STORAGE",
        "UUID8_DOMAIN_NAME",
        "LOGGING_CONFIG_FILE",
        "LOG_LEVEL",
        "ENV",
        "HOSTNAME",
        "TICK_INTERVAL",
        "VCON_SORTED_FORCE_RESET",
        "WEVIATE_HOST",
        "WEVIATE_API_KEY",
        "DEEPGRAM_KEY",
        "OPENAI_API_KEY",
        "GROQ_API_KEY",
        "SENTRY_DSN",
        "SXT_API_KEY",
        "SXT_VCON_TABLENAME",
        "SXT_VCON_TABLE_WRITE_BISCUI",
        "COMPOSE_PROFILES",
        "CONSERVER_EXTERNAL_PORT",
        "REDIS_EXTERNAL_PORT",
    ];
}

/// A variable whose value does not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}{}: {allowed}", self.shown())]
pub struct SettingProblem {
    /// Name of the variable.
    pub variable: &'static str,
    /// Its value; absent where it may hold a credential.
    pub value: Option<String>,
    /// The problem, and the allowed values.
    pub allowed: String,
}

impl SettingProblem {
    fn shown(&self) -> String {
        self.value
            .as_ref()
            .map(|value| format!("={value:?}"))
            .unwrap_or_default()
    }
}

/// A key of the admin API.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminKey {
    /// Name of its holder in the audit log.
    pub name: String,
    /// The key.
    pub key: String,
}

/// Values in the response of the Conserver's `/version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// Default `dev`.
    pub version: String,
    /// Default `unknown`.
    pub git_commit: String,
    /// Default `unknown`.
    pub build_time: String,
}

impl fmt::Debug for Settings {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("redis", &self.redis_url.is_some())
            .field("data_dir", &self.data_dir)
            .field("config_file", &self.config_file)
            .field("api_keys", &self.api_keys.len())
            .field("admin_keys", &self.admin_keys.len())
            .finish_non_exhaustive()
    }
}
