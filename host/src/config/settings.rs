//! The environment: what is read once, at start (`spec/conserver.md` §4.2).

use std::fmt;
use std::path::PathBuf;

use crate::store::Lifetimes;
use crate::vcon::EgressFormat;

/// What is read once, at start.
#[derive(Clone)]
pub struct Settings {
    /// `REDIS_URL`; absent or empty: the embedded store.
    pub redis_url: Option<String>,
    /// `VCONDUIT_DATA_DIR`, default `./data`.
    pub data_dir: PathBuf,
    /// `CONSERVER_CONFIG_FILE`, overridden by `--config`.
    pub config_file: PathBuf,
    /// `CONSERVER_API_TOKEN` and the lines of `CONSERVER_API_TOKEN_FILE`. Empty: every route is open.
    pub api_keys: Vec<String>,
    /// `CONSERVER_HEADER_NAME`, default `x-conserver-api-token`.
    pub api_key_header: String,
    /// `API_ROOT_PATH`, default `/api`; empty: no prefix.
    pub root_path: String,
    /// `CONSERVER_VCON_CONCURRENCY` × `CONSERVER_WORKERS` where either is set; else [`Settings::DEFAULT_CONCURRENCY`].
    pub concurrency: usize,
    /// `CONSERVER_PARALLEL_STORAGE`, default true.
    pub parallel_storage: bool,
    /// `VCON_REDIS_EXPIRY`, `VCON_INDEX_EXPIRY`, `VCON_CONTEXT_EXPIRY`, `VCON_DLQ_EXPIRY`.
    pub lifetimes: Lifetimes,
    /// `VCON_SORTED_SET_NAME`, default `vcons`.
    pub sorted_set: String,
    /// `VCON_STORAGE_FALLBACK_ENABLED`, default true.
    pub storage_fallback: bool,
    /// `EGRESS_FORMAT_VERSION`.
    pub egress: EgressFormat,
    /// `VCON_SERVER_VERSION`, `VCON_SERVER_GIT_COMMIT`, `VCON_SERVER_BUILD_TIME`.
    pub version: Version,
    /// `VCONDUIT_SECRETS_DIR`: one 0600 file for each secret.
    pub secrets_dir: Option<PathBuf>,
    /// `VCONDUIT_MAX_BODY_BYTES`: the largest request body, default 64 MiB: twice the largest document, for its escapes.
    pub max_body_bytes: usize,
    /// `VCONDUIT_LEASE_MS`, default 30,000: how long a claim lasts without renewal. A crash delays a vCon by this much.
    pub lease_ms: u64,
    /// `VCONDUIT_LOG_FORMAT`: `json` or `pretty`; default pretty on a terminal, else JSON.
    pub log_format: LogFormat,
    /// `VCONDUIT_DRAIN_MS`, default 25,000: how long a stop waits for runs in flight before it hands them back.
    pub drain_ms: u64,
}

impl Settings {
    /// vCons in work at once where nothing is set. Enough to cover the waiting for Redis and slow links on two cores; memory
    /// stays bounded by it.
    pub const DEFAULT_CONCURRENCY: usize = 64;
}

/// What the Conserver's `/version` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Default `dev`.
    pub version: String,
    /// Default `unknown`.
    pub git_commit: String,
    /// Default `unknown`.
    pub build_time: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

impl fmt::Debug for Settings {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("redis", &self.redis_url.is_some())
            .field("data_dir", &self.data_dir)
            .field("config_file", &self.config_file)
            .field("api_keys", &self.api_keys.len())
            .finish_non_exhaustive()
    }
}
