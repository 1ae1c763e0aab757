//! Secrets: values that reach headers and, with a grant, links; never a log, an error, `Debug` output or a vCon.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::names::SecretName;

/// What the name of an environment variable starts with that holds a secret.
pub const ENVIRONMENT_PREFIX: &str = "VCONDUIT_SECRET_";

/// The longest secret. A private key is 3 KiB, a service-account file 2.5 KiB; an accidentally named disk image is not a secret.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Secrets by name.
#[derive(Default)]
pub struct Secrets(BTreeMap<SecretName, Box<str>>);

/// Why the secrets can't be used. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Someone else may read the file.
    #[error("secret file {path} may be read by others (mode {mode:04o}); run `chmod 600` on it")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The directory or a file in it can't be read.
    #[error("can't read the secrets in {path}: {source}")]
    Unreadable {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A value that can't be used.
    #[error("the secret {name} can't be used: {reason}")]
    Unusable {
        /// Where it came from.
        name: String,
        /// What is wrong, without the value.
        reason: &'static str,
    },
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Reads the secrets of this process: `VCONDUIT_SECRET_<NAME>` variables, and a directory with one file a secret. Where both have a
    /// name, the file counts: it can be changed while an environment can't.
    ///
    /// # Errors
    /// A file that others may read, a directory that can't be read, a value that is not text.
    pub fn load(directory: Option<&Path>) -> Result<Self, SecretError> {
        Self::read(std::env::vars_os(), directory)
    }

    fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        directory: Option<&Path>,
    ) -> Result<Self, SecretError> {
        let mut secrets = Self::default();
        for (key, value) in environment {
            let Some(name) = key.to_str().and_then(|key| key.strip_prefix(ENVIRONMENT_PREFIX)) else {
                continue;
            };
            let unusable = |reason| SecretError::Unusable {
                name: format!("{ENVIRONMENT_PREFIX}{name}"),
                reason,
            };
            let value = value
                .into_string()
                .map_err(|_| unusable("its value is not UTF-8 text"))?;
            secrets.insert(name, &value)?;
        }
        if let Some(directory) = directory {
            secrets.read_directory(directory)?;
        }
        Ok(secrets)
    }

    /// Adds a secret, or replaces the one with this name.
    ///
    /// # Errors
    /// When the name is not a secret's name or the value is too long.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), SecretError> {
        let unusable = |reason| SecretError::Unusable {
            name: name.escape_default().take(100).collect(),
            reason,
        };
        let checked = SecretName::new(name).map_err(|error| unusable(error.rule))?;
        if u64::try_from(value.len()).unwrap_or(u64::MAX) > MAX_SECRET_BYTES {
            return Err(unusable("it is longer than 64 KiB"));
        }
        self.0.insert(checked, value.into());
        Ok(())
    }

    /// The value of a secret. The caller has checked the grant, and takes care not to print it.
    #[must_use]
    pub fn reveal(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// The names, for an overview.
    pub fn names(&self) -> impl Iterator<Item = &SecretName> {
        self.0.keys()
    }

    fn read_directory(&mut self, directory: &Path) -> Result<(), SecretError> {
        let unreadable = |source| SecretError::Unreadable {
            path: directory.to_owned(),
            source,
        };
        for entry in fs::read_dir(directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            // Dot files are no secrets: mounted secret volumes keep their own bookkeeping under such names.
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                continue;
            };
            if let Some(value) = read_file(&entry.path())? {
                self.insert(name, value.strip_suffix('\n').unwrap_or(&value))?;
            }
        }
        Ok(())
    }
}

/// The text of a secret file; nothing for what is not a file.
fn read_file(path: &Path) -> Result<Option<String>, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that it can't be another one by the time it is read.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = String::new();
    file.take(MAX_SECRET_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("vconduit-secrets-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn write(path: &Path, value: &str, mode: u32) {
        fs::write(path, value).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_secret_comes_from_the_environment_or_a_file_and_debug_shows_only_its_name() {
        let directory = directory("both");
        write(&directory.join("FILE_KEY"), "from-file\n", 0o600);
        write(&directory.join("BOTH"), "file-wins", 0o400);
        write(&directory.join(".hidden"), "no", 0o644);
        let environment = [
            ("VCONDUIT_SECRET_ENV_KEY", "from-env"),
            ("VCONDUIT_SECRET_BOTH", "env"),
            ("PATH", "/bin"),
        ];
        let secrets = Secrets::read(
            environment.map(|(key, value)| (key.into(), value.into())),
            Some(&directory),
        )
        .unwrap();
        assert_eq!(secrets.reveal("FILE_KEY"), Some("from-file"));
        assert_eq!(secrets.reveal("ENV_KEY"), Some("from-env"));
        assert_eq!(secrets.reveal("BOTH"), Some("file-wins"));
        assert_eq!(secrets.reveal("PATH"), None);
        assert_eq!(format!("{secrets:?}"), r#"{"BOTH", "ENV_KEY", "FILE_KEY"}"#);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_way_out() {
        let directory = directory("exposed");
        write(&directory.join("OPEN"), "value", 0o640);
        let error = Secrets::read([], Some(&directory)).unwrap_err().to_string();
        assert!(
            error.contains("OPEN may be read by others (mode 0640); run `chmod 600` on it"),
            "{error}"
        );
        assert!(!error.contains("value"));
        fs::remove_dir_all(directory).unwrap();
    }
}
