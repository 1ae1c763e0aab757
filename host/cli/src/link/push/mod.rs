//! `vconduit link push`: uploads a component to a server, or pushes it to an OCI registry.

mod registry;
mod server;

use std::path::{Path, PathBuf};

use super::{CommandOutput, LinkCommandError};
use crate::link::arguments::PushArgs;
use vconduit_policy::signature::MAX_SIGNATURE_BYTES;

/// Pushes a component.
pub(super) async fn run(arguments: &PushArgs) -> Result<CommandOutput, LinkCommandError> {
    match (&arguments.oci, &arguments.name) {
        (Some(reference), _) => registry::push(arguments, reference).await,
        (None, Some(name)) => server::push(arguments, name).await,
        (None, None) => Err(LinkCommandError::Input(
            "name the link that gets the version, or an OCI registry with --oci".to_owned(),
        )),
    }
}

/// The text of the signature of a component: from the file named, or else from the file next to the
/// component, if there is one.
fn signature(named: Option<&Path>, component: &Path) -> Result<Option<String>, LinkCommandError> {
    let mut default = component.as_os_str().to_owned();
    default.push(".minisig");
    let default = PathBuf::from(default);
    let path = match named {
        Some(path) => path,
        None if default.is_file() => &default,
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(path).map_err(LinkCommandError::reading(path))?;
    if text.len() > MAX_SIGNATURE_BYTES {
        return Err(LinkCommandError::Input(format!(
            "{} is longer than {MAX_SIGNATURE_BYTES} bytes and not a signature; name the .minisig file with --signature",
            path.display()
        )));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_named_or_the_one_next_to_the_component() {
        let folder = tempfile::tempdir().unwrap();
        let component = folder.path().join("a.wasm");
        assert_eq!(signature(None, &component).unwrap(), None);
        std::fs::write(folder.path().join("a.wasm.minisig"), "next to it").unwrap();
        assert_eq!(signature(None, &component).unwrap().as_deref(), Some("next to it"));
        let named = folder.path().join("other");
        assert!(signature(Some(&named), &component).is_err());
        std::fs::write(&named, "named").unwrap();
        assert_eq!(signature(Some(&named), &component).unwrap().as_deref(), Some("named"));
        std::fs::write(&named, "x".repeat(MAX_SIGNATURE_BYTES + 1)).unwrap();
        assert!(signature(Some(&named), &component).is_err());
    }
}
