//! Settings of the client: registries without TLS, and credentials.
//!
//! Guarantee: neither an error nor `Debug` output has a password.

use std::fmt;

/// Settings of the client for registries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OciSettings {
    /// Registries (`host` or `host:port`) without TLS: `VCONDUIT_OCI_INSECURE`, separated by
    /// commas.
    pub insecure: Vec<String>,
    /// Credentials: `VCONDUIT_OCI_REGISTRY`, `VCONDUIT_OCI_USER` and `VCONDUIT_OCI_PASSWORD`. None
    /// for anonymous access.
    pub credentials: Option<Credentials>,
}

/// The credentials of a user of one registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The registry (`host` or `host:port`). Without it, credentials would be sent to any registry
    /// that a reference names.
    pub registry: String,
    /// The name of the user.
    pub user: String,
    /// The password or token.
    pub password: Box<str>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a user of {}", self.registry)
    }
}

impl OciSettings {
    /// Reads the settings from environment variables with `get`. If the password is not among them,
    /// it is the secret named `VCONDUIT_OCI_PASSWORD`, which `secret` returns.
    ///
    /// # Errors
    /// A message with the missing variable, never with a value.
    pub fn from_env(
        get: &dyn Fn(&str) -> Option<String>,
        secret: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, &'static str> {
        let given = |name: &str| get(name).filter(|value| !value.is_empty());
        let insecure = given("VCONDUIT_OCI_INSECURE").unwrap_or_default();
        let insecure = insecure.split(',').map(str::trim).filter(|name| !name.is_empty());
        let password = given("VCONDUIT_OCI_PASSWORD").or_else(|| secret("VCONDUIT_OCI_PASSWORD"));
        let credentials = match (given("VCONDUIT_OCI_USER"), password, given("VCONDUIT_OCI_REGISTRY")) {
            (None, None, _) => None,
            (None, Some(_), _) => return Err("VCONDUIT_OCI_PASSWORD is set, but not VCONDUIT_OCI_USER: set both"),
            (Some(_), None, _) => return Err("VCONDUIT_OCI_USER is set, but not VCONDUIT_OCI_PASSWORD: set both"),
            (Some(_), Some(_), None) => {
                return Err(
                    "VCONDUIT_OCI_USER is set, but not the registry that it is for: set VCONDUIT_OCI_REGISTRY to its host (and port)",
                );
            }
            (Some(user), Some(password), Some(registry)) => Some(Credentials {
                registry,
                user,
                password: password.into(),
            }),
        };
        Ok(Self {
            insecure: insecure.map(ToOwned::to_owned).collect(),
            credentials,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], secret: Option<&str>) -> Result<OciSettings, &'static str> {
        let get = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        OciSettings::from_env(&get, &|_| secret.map(ToOwned::to_owned))
    }

    #[test]
    fn credentials_are_complete_or_absent_and_never_shown() {
        assert_eq!(read(&[], None), Ok(OciSettings::default()));
        let user = ("VCONDUIT_OCI_USER", "ann");
        let password = ("VCONDUIT_OCI_PASSWORD", "hunter2");
        let registry = ("VCONDUIT_OCI_REGISTRY", "ghcr.io");
        assert!(read(&[user, password], None).is_err());
        assert!(read(&[user, registry], None).is_err());
        assert!(read(&[password, registry], None).is_err());
        for settings in [
            read(&[user, password, registry], None),
            read(&[user, registry], Some("hunter2")),
        ] {
            let settings = settings.expect("complete credentials");
            assert!(!format!("{settings:?}").contains("hunter2"));
            assert_eq!(settings.credentials.map(|found| found.password), Some("hunter2".into()));
        }
    }

    #[test]
    fn insecure_registries_are_separated_by_commas() {
        let settings = read(&[("VCONDUIT_OCI_INSECURE", "a:5000, b ,")], None).expect("valid settings");
        assert_eq!(settings.insecure, ["a:5000", "b"]);
    }
}
