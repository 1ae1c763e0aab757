//! The sandbox on the author's machine: the server's own, with fewer places.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::{LinkError, build};
use vconduit_sandbox::engine::SandboxError;
use vconduit_sandbox::{Compiled, Compiler, Sandbox, SandboxSettings};

/// Calls at once. Commands run one after the other.
const PLACES: u32 = 4;

/// A component as a file.
pub(super) struct Component {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A sandbox like a server's.
///
/// # Errors
/// When this program can't be found, or the sandbox can't start.
pub fn sandbox() -> Result<Arc<Sandbox>, LinkError> {
    let compiler = Compiler::this_program().map_err(SandboxError::Thread)?;
    let settings = SandboxSettings {
        compiler,
        cache_dir: cache_dir(&|name| std::env::var(name).ok()),
        max_concurrent_calls: PLACES,
        warm_slots: PLACES,
        ..SandboxSettings::default()
    };
    Ok(Sandbox::new(settings)?)
}

/// Where compiled code is kept: the next command on the same component starts at once.
fn cache_dir(get: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let given = |name: &str| get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = || {
        let caches = given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache")))?;
        Some(caches.join("vconduit/compiled"))
    };
    given("VCONDUIT_COMPILE_CACHE_DIR").or_else(own)
}

/// The component in a file; a project is built first.
pub(super) fn component(path: &Path, quiet: bool) -> Result<Component, LinkError> {
    let path = match path.is_dir() {
        true => build::project(path, quiet)?,
        false => path.to_owned(),
    };
    let bytes = std::fs::read(&path).map_err(LinkError::reading(&path))?;
    Ok(Component {
        path,
        bytes: bytes.into(),
    })
}

/// Compiles a component with the checks of an upload.
pub(super) async fn compile(sandbox: &Arc<Sandbox>, component: &Component) -> Result<Arc<Compiled>, LinkError> {
    let compiled = sandbox.compile(component.bytes.clone()).await;
    compiled.map_err(|reason| LinkError::Refused {
        path: component.path.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiled_code_is_kept_where_caches_are() {
        let with = |variables: &'static [(&str, &str)]| {
            move |name: &str| {
                let found = variables.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            }
        };
        let home = with(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "")]);
        assert_eq!(cache_dir(&home), Some("/home/a/.cache/vconduit/compiled".into()));
        let caches = with(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "/c")]);
        assert_eq!(cache_dir(&caches), Some("/c/vconduit/compiled".into()));
        let named = with(&[("HOME", "/home/a"), ("VCONDUIT_COMPILE_CACHE_DIR", "/d")]);
        assert_eq!(cache_dir(&named), Some("/d".into()));
        assert_eq!(cache_dir(&with(&[])), None);
    }
}
