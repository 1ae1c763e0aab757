//! Finds versions by the first characters of their digest.

use super::{AdminClient, LinkCommandError};
use crate::link::words;
use vconduit_admin_types::VersionList;
use vconduit_base::names::LinkName;

/// Fewest characters of a digest. With fewer, the same argument is too likely to name another
/// version one day.
const MIN_LENGTH: usize = 6;

/// Length of a whole digest: SHA-256 in hex.
const MAX_LENGTH: usize = 64;

/// Returns the whole digest of the version that `written` names.
///
/// # Errors
/// When `written` is not a digest, and when it names no version or several.
pub(super) async fn resolve(client: &AdminClient, name: &LinkName, written: &str) -> Result<String, LinkCommandError> {
    let prefix = written.strip_prefix("sha256:").unwrap_or(written).to_ascii_lowercase();
    let shown = words::foreign(written);
    if !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) || !(MIN_LENGTH..=MAX_LENGTH).contains(&prefix.len()) {
        return Err(LinkCommandError::Input(format!(
            "{shown:?} is not a digest: write at least {MIN_LENGTH} of its hex digits; `vconduit link list {name}` shows them"
        )));
    }
    if prefix.len() == MAX_LENGTH {
        return Ok(prefix);
    }
    let response = client.get::<VersionList>(&["links", name.as_str(), "versions"]).await?;
    let digests = response.body.versions.iter().map(|version| version.digest.as_str());
    let matching: Vec<&str> = digests.filter(|digest| digest.starts_with(&prefix)).collect();
    match matching.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(LinkCommandError::Input(format!(
            "the link {name} has no version {shown}; `vconduit link list {name}` shows its versions"
        ))),
        several => Err(LinkCommandError::Input(format!(
            "{shown} matches several versions of the link {name}: {}; write more characters of the digest",
            several.join(", ")
        ))),
    }
}
