//! `vconduit link push`: a component goes to a server, or to an OCI registry.

mod registry;
mod server;

use std::path::{Path, PathBuf};

use super::{Answer, LinkError};
use crate::link::arguments::Push;
use vconduit_policy::signature::MAX_SIGNATURE_BYTES;

/// Pushes a component.
pub(super) async fn run(arguments: &Push) -> Result<Answer, LinkError> {
    match (&arguments.oci, &arguments.name) {
        (Some(reference), _) => registry::push(arguments, reference).await,
        (None, Some(name)) => server::push(arguments, name).await,
        (None, None) => Err(LinkError::Given("name the link, or a registry with --oci".to_owned())),
    }
}

/// The text of the signature that belongs to a component: the file named, or the one beside it.
fn signature(named: Option<&Path>, component: &Path) -> Result<Option<String>, LinkError> {
    let mut beside = component.as_os_str().to_owned();
    beside.push(".minisig");
    let beside = PathBuf::from(beside);
    let path = match named {
        Some(path) => path,
        None if beside.is_file() => &beside,
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(path).map_err(LinkError::reading(path))?;
    if text.len() > MAX_SIGNATURE_BYTES {
        return Err(LinkError::Given(format!(
            "{} is longer than a signature; name the .minisig file",
            path.display()
        )));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_named_or_the_one_beside_the_component() {
        let folder = tempfile::tempdir().unwrap();
        let component = folder.path().join("a.wasm");
        assert_eq!(signature(None, &component).unwrap(), None);
        std::fs::write(folder.path().join("a.wasm.minisig"), "beside").unwrap();
        assert_eq!(signature(None, &component).unwrap().as_deref(), Some("beside"));
        let named = folder.path().join("other");
        assert!(signature(Some(&named), &component).is_err());
        std::fs::write(&named, "named").unwrap();
        assert_eq!(signature(Some(&named), &component).unwrap().as_deref(), Some("named"));
        std::fs::write(&named, "x".repeat(MAX_SIGNATURE_BYTES + 1)).unwrap();
        assert!(signature(Some(&named), &component).is_err());
    }
}
