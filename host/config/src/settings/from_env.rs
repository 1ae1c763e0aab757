//! Reads the variables.
//!
//! Guarantee: an empty variable counts as not set. A wrong value is never silently replaced by the
//! default.

use std::io::IsTerminal as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::{AdminKey, ServerVersion, SettingProblem, Settings};
use vcon_document::EgressFormat;
use vconduit_base::lifetimes::MAX_LIFETIME_S;
use vconduit_base::{Lifetimes, LogFormat};

/// The most vCons in work at once: each may hold a document and a sandbox.
const MAX_CONCURRENCY: usize = 10_000;

impl Settings {
    /// Reads the environment through `get`.
    ///
    /// # Errors
    /// All variables whose value does not work.
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<SettingProblem>> {
        let mut env = Env {
            get,
            problems: Vec::new(),
        };
        let settings = Self {
            redis_url: env.redis_url(),
            redis_json: env.parsed("VCONDUIT_REDISJSON").unwrap_or_default(),
            redis_wait: env.parsed("VCONDUIT_REDIS_WAIT"),
            require_durable: env.flag("VCONDUIT_REQUIRE_DURABLE", false),
            data_dir: env.path("VCONDUIT_DATA_DIR").unwrap_or_else(|| "./data".into()),
            compile_cache_dir: env.path("VCONDUIT_COMPILE_CACHE_DIR"),
            config_file: env
                .path("CONSERVER_CONFIG_FILE")
                .unwrap_or_else(|| "config/vconduit.yml".into()),
            api_keys: env.api_keys(),
            admin_keys: env.admin_keys(),
            api_key_header: env.header_name(),
            root_path: env.root_path(),
            concurrency: env.concurrency(),
            parallel_storage: env.flag("CONSERVER_PARALLEL_STORAGE", true),
            lifetimes: Lifetimes {
                document_s: env.seconds("VCON_REDIS_EXPIRY", 3_600),
                index_s: env.seconds("VCON_INDEX_EXPIRY", 86_400),
                context_s: env.seconds("VCON_CONTEXT_EXPIRY", 86_400),
                dead_letter_s: env.seconds("VCON_DLQ_EXPIRY", 604_800),
                trail_s: env.seconds("VCONDUIT_TRAIL_EXPIRY", 3_600),
            },
            sorted_set: env.text("VCON_SORTED_SET_NAME").unwrap_or_else(|| "vcons".to_owned()),
            storage_fallback: env.flag("VCON_STORAGE_FALLBACK_ENABLED", true),
            storage_retry_s: env.whole("VCONDUIT_STORAGE_RETRY_S", 60, 0..=86_400),
            egress: env.egress(),
            version: ServerVersion {
                version: env.text("VCON_SERVER_VERSION").unwrap_or_else(|| "dev".to_owned()),
                git_commit: env
                    .text("VCON_SERVER_GIT_COMMIT")
                    .unwrap_or_else(|| "unknown".to_owned()),
                build_time: env
                    .text("VCON_SERVER_BUILD_TIME")
                    .unwrap_or_else(|| "unknown".to_owned()),
            },
            secrets_dir: env.secrets_dir(),
            max_body_bytes: env.whole("VCONDUIT_MAX_BODY_BYTES", 64 << 20, 1024..=1 << 30),
            admit_memory_percent: env.whole("VCONDUIT_ADMIT_MEMORY_PERCENT", 80, 1..=100),
            admit_depth: env.whole("VCONDUIT_ADMIT_DEPTH", 0, 0..=1_000_000_000),
            lease_ms: env.whole("VCONDUIT_LEASE_MS", 30_000, 1_000..=3_600_000),
            log_format: env.log_format(),
            drain_ms: env.whole("VCONDUIT_DRAIN_MS", 25_000, 0..=3_600_000),
        };
        if env.problems.is_empty() {
            Ok(settings)
        } else {
            Err(env.problems)
        }
    }
}

struct Env<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<SettingProblem>,
}

impl Env<'_> {
    fn text(&self, variable: &str) -> Option<String> {
        (self.get)(variable)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn path(&self, variable: &str) -> Option<PathBuf> {
        self.text(variable).map(PathBuf::from)
    }

    fn wrong(&mut self, variable: &'static str, value: &str, allowed: impl Into<String>) {
        self.problems.push(SettingProblem {
            variable,
            value: Some(value.to_owned()),
            allowed: allowed.into(),
        });
    }

    fn wrong_secret(&mut self, variable: &'static str, allowed: impl Into<String>) {
        self.problems.push(SettingProblem {
            variable,
            value: None,
            allowed: allowed.into(),
        });
    }

    fn flag(&self, variable: &str, default: bool) -> bool {
        // The Conserver takes anything but these for off, so nothing here can be wrong.
        self.text(variable).map_or(default, |value| {
            matches!(value.to_lowercase().as_str(), "true" | "1" | "yes")
        })
    }

    fn seconds(&mut self, variable: &'static str, default: i64) -> i64 {
        self.whole(variable, default, -MAX_LIFETIME_S..=MAX_LIFETIME_S)
    }

    /// Reads a setting of a type with rules of its own.
    fn parsed<T: std::str::FromStr<Err = &'static str>>(&mut self, variable: &'static str) -> Option<T> {
        let text = self.text(variable)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(wanted) => {
                self.wrong(variable, &text, wanted);
                None
            }
        }
    }

    fn whole<T>(&mut self, variable: &'static str, default: T, allowed: RangeInclusive<T>) -> T
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let Some(text) = self.text(variable) else {
            return default;
        };
        if let Some(value) = text.parse().ok().filter(|value| allowed.contains(value)) {
            return value;
        }
        self.wrong(
            variable,
            &text,
            format!("a whole number from {} to {} is wanted", allowed.start(), allowed.end()),
        );
        default
    }

    fn redis_url(&mut self) -> Option<String> {
        let url = self.text("REDIS_URL")?;
        let schemes = ["redis://", "rediss://", "unix://", "redis+unix://"];
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            self.wrong_secret(
                "REDIS_URL",
                "it has to begin with redis:// or rediss://; leave it empty for the embedded store",
            );
        }
        Some(url)
    }

    /// The key itself, and every line of the file. A blank line opens nothing, but closes the API,
    /// as in the Conserver.
    fn api_keys(&mut self) -> Vec<String> {
        const FILE: &str = "CONSERVER_API_TOKEN_FILE";
        let mut keys: Vec<String> = (self.get)("CONSERVER_API_TOKEN")
            .filter(|key| !key.is_empty())
            .into_iter()
            .collect();
        let Some(file) = self.text(FILE) else { return keys };
        match std::fs::read_to_string(&file) {
            // An empty file, for example a secret that was not mounted, must not open every route.
            Ok(text) if text.is_empty() => {
                self.wrong(FILE, &file, "the file is empty; write one key a line, or unset this");
            }
            Ok(text) => keys.extend(text.lines().map(|line| line.trim().to_owned())),
            Err(error) => self.wrong(FILE, &file, format!("the file can't be read: {error}")),
        }
        keys
    }

    fn admin_keys(&mut self) -> Vec<AdminKey> {
        const FILE: &str = "VCONDUIT_ADMIN_TOKEN_FILE";
        let one = self.text("VCONDUIT_ADMIN_TOKEN").map(|key| AdminKey {
            name: "admin".to_owned(),
            key,
        });
        let mut keys: Vec<AdminKey> = one.into_iter().collect();
        let Some(file) = self.text(FILE) else { return keys };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                self.wrong(FILE, &file, format!("the file can't be read: {error}"));
                return keys;
            }
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        for (number, line) in (1..).zip(lines) {
            match line.split_once(':').map(|(name, key)| (name.trim(), key.trim())) {
                Some((name, key)) if !name.is_empty() && !key.is_empty() => keys.push(AdminKey {
                    name: name.to_owned(),
                    key: key.to_owned(),
                }),
                _ => self.wrong(FILE, &file, format!("entry {number} is not `name:key`")),
            }
        }
        if keys.is_empty() {
            // An empty file, say a secret that was not mounted, must not open anything.
            self.wrong(
                FILE,
                &file,
                "the file holds no key; write lines `name:key`, or unset this",
            );
        }
        keys
    }

    fn header_name(&mut self) -> String {
        const VARIABLE: &str = "CONSERVER_HEADER_NAME";
        let Some(name) = self.text(VARIABLE) else {
            return "x-conserver-api-token".to_owned();
        };
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !name.bytes().all(is_token) {
            self.wrong(VARIABLE, &name, "a header name has letters, digits and `-` only");
        }
        name
    }

    fn root_path(&mut self) -> String {
        const VARIABLE: &str = "API_ROOT_PATH";
        // Set but empty means: no prefix. Not set means: the default.
        let Some(value) = (self.get)(VARIABLE) else {
            return "/api".to_owned();
        };
        let path = value.trim().trim_end_matches('/');
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        if !path.is_empty() && (!path.starts_with('/') || path.contains("//") || !path.bytes().all(is_plain)) {
            self.wrong(VARIABLE, &value, "a path like /api, or empty for no prefix");
        }
        path.to_owned()
    }

    fn concurrency(&mut self) -> usize {
        const PER_WORKER: &str = "CONSERVER_VCON_CONCURRENCY";
        const WORKERS: &str = "CONSERVER_WORKERS";
        if self.text(PER_WORKER).is_none() && self.text(WORKERS).is_none() {
            return Settings::DEFAULT_CONCURRENCY;
        }
        // 0 and less mean 1 in the Conserver.
        let mut part = |variable| {
            let most = i64::try_from(MAX_CONCURRENCY).unwrap_or(i64::MAX);
            usize::try_from(self.whole::<i64>(variable, 1, i64::MIN..=most).max(1)).unwrap_or(1)
        };
        let (per_worker, workers) = (part(PER_WORKER), part(WORKERS));
        let all = per_worker.saturating_mul(workers);
        if all > MAX_CONCURRENCY {
            self.wrong(
                PER_WORKER,
                &per_worker.to_string(),
                format!("times {WORKERS} it is {all}; at most {MAX_CONCURRENCY} work"),
            );
        }
        all
    }

    fn egress(&mut self) -> EgressFormat {
        const VARIABLE: &str = "EGRESS_FORMAT_VERSION";
        let value = self.text(VARIABLE).unwrap_or_default();
        EgressFormat::from_setting(&value).unwrap_or_else(|_| {
            self.wrong(
                VARIABLE,
                &value,
                "0.0.1 works; leave it empty to send documents as they are stored",
            );
            EgressFormat::default()
        })
    }

    fn secrets_dir(&mut self) -> Option<PathBuf> {
        const VARIABLE: &str = "VCONDUIT_SECRETS_DIR";
        let folder = self.path(VARIABLE)?;
        if !Path::is_dir(&folder) {
            self.wrong(VARIABLE, &folder.to_string_lossy(), "there is no such folder");
        }
        Some(folder)
    }

    fn log_format(&mut self) -> LogFormat {
        const VARIABLE: &str = "VCONDUIT_LOG_FORMAT";
        match self.text(VARIABLE).as_deref() {
            Some("json") => LogFormat::Json,
            Some("pretty") => LogFormat::Pretty,
            None => default_log_format(),
            Some(other) => {
                self.wrong(VARIABLE, other, "json and pretty work");
                LogFormat::Json
            }
        }
    }
}

fn default_log_format() -> LogFormat {
    if std::io::stderr().is_terminal() {
        LogFormat::Pretty
    } else {
        LogFormat::Json
    }
}
