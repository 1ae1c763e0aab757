//! Secrets by name.
//!
//! Guarantee: no value reaches an error or `Debug` output of a type here. Values are for request
//! headers and, with a grant, for links. They must not reach a log or a vCon.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::names::SecretName;

/// The prefix of environment variables that hold a secret.
pub const ENVIRONMENT_PREFIX: &str = "VCONDUIT_SECRET_";

/// The longest secret, in bytes. A private key has 3 KiB and a service-account file 2.5 KiB. A disk
/// image that was named by accident is not a secret.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Secrets by name. `Debug` prints the names only.
#[derive(Default)]
pub struct Secrets(BTreeMap<SecretName, Box<str>>);

/// The reason why secrets can't be used. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Other users can read the file.
    #[error("secret file {path} may be read by others (mode {mode:04o}); run `chmod 600` on it")]
    Exposed {
        /// Path of the file.
        path: PathBuf,
        /// Permission bits of the file.
        mode: u32,
    },
    /// The directory or a file in it can't be read.
    #[error("can't read the secrets in {path}: {source}")]
    Unreadable {
        /// Path of the directory or file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The name or the value of a secret breaks a rule.
    #[error("the secret {name} can't be used: {reason}")]
    Unusable {
        /// The name of the secret or of its environment variable.
        name: String,
        /// The rule that is broken, without the value.
        reason: &'static str,
    },
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Reads the secrets of this process: environment variables `VCONDUIT_SECRET_<NAME>`, and a
    /// directory with one file for each secret. If both have a name, the file counts, because it
    /// can be changed without a new environment.
    ///
    /// # Errors
    /// If other users can read a file, the directory or a file can't be read, or a name or value
    /// breaks a rule.
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
    /// If the name is not a [`SecretName`], or the value is longer than 64 KiB.
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

    /// Returns the value of a secret. The caller has to check the grant, and must not print the
    /// value.
    #[must_use]
    pub fn reveal(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// Returns the names of all secrets.
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
            // Dot files are no secrets: mounted secret volumes keep their own data in them.
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

/// Returns the text of a secret file. None if the path is not a file.
fn read_file(path: &Path) -> Result<Option<String>, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    // The metadata are those of the open file, so that it can't be replaced before it is read.
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
    fn secrets_are_read_from_environment_and_files_and_debug_prints_names_only() {
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
    fn a_file_that_others_can_read_is_refused_with_the_way_out() {
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
