//! Versions by the beginning of their digest.

use super::{Client, LinkError, list, text};
use crate::link::words;
use vconduit_base::names::LinkName;

/// Fewer characters are too likely to mean another version one day.
const SHORTEST: usize = 6;

/// The length of a whole digest: SHA-256 in hex.
const WHOLE: usize = 64;

/// The whole digest of the version that is meant.
pub(super) async fn resolve(client: &Client, name: &LinkName, written: &str) -> Result<String, LinkError> {
    let prefix = written.strip_prefix("sha256:").unwrap_or(written).to_ascii_lowercase();
    let shown = words::foreign(written);
    if !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) || !(SHORTEST..=WHOLE).contains(&prefix.len()) {
        return Err(LinkError::Given(format!(
            "{shown:?} is not a digest: write at least {SHORTEST} of its hex digits, as `vconduit link list {name}` shows them"
        )));
    }
    if prefix.len() == WHOLE {
        return Ok(prefix);
    }
    let answer = client.get(&["links", name.as_str()]).await?;
    let digests = list(&answer, "versions").iter().map(|version| text(version, "digest"));
    let matching: Vec<&str> = digests.filter(|digest| digest.starts_with(&prefix)).collect();
    match matching.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(LinkError::Given(format!(
            "the link {name} has no version {shown}; `vconduit link list {name}` shows those that it has"
        ))),
        several => {
            let several: Vec<_> = several.iter().map(|digest| words::foreign(digest)).collect();
            Err(LinkError::Given(format!(
                "{shown} can mean several versions of the link {name}: {}; write more of the digest",
                several.join(", ")
            )))
        }
    }
}
