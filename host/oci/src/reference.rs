//! References to components: `host/repo:tag`, `host/repo@sha256:…` or both.
//!
//! Guarantee: a reference names its registry and its version. No default registry or tag is filled
//! in.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use oci_client::Reference;

use super::OciError;

/// The reference to a component in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OciReference(Arc<Reference>);

impl OciReference {
    pub(super) fn inner(&self) -> &Reference {
        &self.0
    }

    /// Returns the registry: a host, and a port if there is one.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// Returns the digest of the manifest, `sha256:…`, if the reference has one.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }

    /// Returns the reference with this digest of the manifest.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> Self {
        let (registry, repository) = (self.0.registry().to_owned(), self.0.repository().to_owned());
        let pinned = match self.0.tag() {
            Some(tag) => Reference::with_tag_and_digest(registry, repository, tag.to_owned(), digest.to_owned()),
            None => Reference::with_digest(registry, repository, digest.to_owned()),
        };
        Self(Arc::new(pinned))
    }

    /// Returns true if the registry is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let registry = self.registry();
        let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Refuses a reference with a digest, because the digest follows from the pushed bytes.
    pub(super) fn check_for_push(&self) -> Result<(), OciError> {
        match self.0.digest() {
            None => Ok(()),
            Some(_) => Err(OciError::BadReference {
                text: self.to_string(),
                reason: "a push gives the digest; write only host/repo:tag",
            }),
        }
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for OciReference {
    type Err = OciError;

    fn from_str(text: &str) -> Result<Self, OciError> {
        let bad = |reason| OciError::BadReference {
            text: vconduit_base::text::clean(text, 300).into_owned(),
            reason,
        };
        if text.contains("://") {
            return Err(bad("leave out the scheme; write host/repo:tag"));
        }
        let parsed = Reference::try_from(text)
            .map_err(|_| bad("write host/repo:tag, host/repo@sha256:<64 hex digits>, or host/repo:tag@sha256:…"))?;
        // Other tools fill in Docker's registry and `latest`. Here that would run code that nobody
        // named.
        let Some(rest) = text.strip_prefix(parsed.registry()) else {
            return Err(bad("name the registry too: host/repo:tag"));
        };
        if parsed.digest().is_none() && !rest.contains(':') {
            return Err(bad("name a version: host/repo:tag or host/repo@sha256:…"));
        }
        if parsed.digest().is_some_and(|digest| !digest.starts_with("sha256:")) {
            return Err(bad("the digest has to be one of SHA-256: sha256:<64 hex digits>"));
        }
        Ok(Self(Arc::new(parsed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn references_in_the_three_forms_are_read_and_shown_as_written() {
        for text in [
            "ghcr.io/acme/links/tagger:1.2".to_owned(),
            format!("localhost:5000/tagger@{DIGEST}"),
            format!("127.0.0.1:5000/tagger:1@{DIGEST}"),
        ] {
            let reference: OciReference = text.parse().expect("a reference");
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn references_without_registry_or_version_are_refused() {
        for (text, expected) in [
            ("tagger:1", "name the registry"),
            ("acme/tagger:1", "name the registry"),
            ("ghcr.io/acme/tagger", "name a version"),
            ("localhost:5000/tagger", "name a version"),
            ("https://ghcr.io/a:1", "scheme"),
            ("", "write host/repo:tag"),
            ("ghcr.io/a b:1", "write host/repo:tag"),
            ("ghcr.io/a@sha256:aa", "write host/repo:tag"),
            ("ghcr.io/\u{1b}[2J:1", "write host/repo:tag"),
        ] {
            let error = text.parse::<OciReference>().expect_err(text).to_string();
            assert!(error.contains(expected) && !error.contains('\u{1b}'), "{text}: {error}");
        }
        let other = format!("ghcr.io/a@sha512:{}", "a".repeat(128));
        assert!(other.parse::<OciReference>().is_err());
    }

    #[test]
    fn registries_on_this_machine_are_recognised() {
        for (text, expected) in [
            ("localhost:5000/a:1", true),
            ("127.0.0.1:5000/a:1", true),
            ("127.9.9.9/a:1", true),
            ("10.0.0.1:5000/a:1", false),
            ("localhost.example.com/a:1", false),
            ("127.0.0.1.example.com/a:1", false),
        ] {
            let reference: OciReference = text.parse().expect("a reference");
            assert_eq!(reference.is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn a_push_to_a_digest_is_refused() {
        let pinned: OciReference = format!("ghcr.io/a:1@{DIGEST}").parse().expect("a reference");
        assert!(pinned.check_for_push().is_err());
        let plain: OciReference = "ghcr.io/a:1".parse().expect("a reference");
        assert!(plain.check_for_push().is_ok());
        assert_eq!(plain.pinned(DIGEST), pinned);
    }
}
