//! The local sandbox: the one of the server, for fewer calls at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::{LinkCommandError, cargo};
use vconduit_sandbox::engine::SandboxError;
use vconduit_sandbox::{Compiled, Compiler, Sandbox, SandboxSettings};

/// Calls at once. Commands make one call after the other.
const MAX_CALLS: u32 = 4;

/// A component file.
pub(super) struct Component {
    /// Path of the file.
    pub path: PathBuf,
    /// Content of the file.
    pub bytes: Bytes,
}

/// Starts a sandbox with the settings of a server.
///
/// # Errors
/// When this program can't be found, or the sandbox can't start.
pub fn sandbox() -> Result<Arc<Sandbox>, LinkCommandError> {
    let compiler = Compiler::this_program().map_err(SandboxError::Thread)?;
    let settings = SandboxSettings {
        compiler,
        cache_dir: cache_dir(&|name| std::env::var(name).ok()),
        max_concurrent_calls: MAX_CALLS,
        warm_slots: MAX_CALLS,
        ..SandboxSettings::default()
    };
    Ok(Sandbox::new(settings)?)
}

/// Folder of the compile cache. With it the next command on the same component starts at once.
fn cache_dir(get: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let path = |name: &str| get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let in_user_caches = || {
        let caches = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")))?;
        Some(caches.join("vconduit/compiled"))
    };
    path("VCONDUIT_COMPILE_CACHE_DIR").or_else(in_user_caches)
}

/// Reads a component file. A project is built first.
pub(super) fn component(path: &Path, quiet: bool) -> Result<Component, LinkCommandError> {
    let path = match path.is_dir() {
        true => cargo::build(path, quiet)?,
        false => path.to_owned(),
    };
    let bytes = std::fs::read(&path).map_err(LinkCommandError::reading(&path))?;
    Ok(Component {
        path,
        bytes: bytes.into(),
    })
}

/// Compiles a component with the checks of an upload.
pub(super) async fn compile(sandbox: &Arc<Sandbox>, component: &Component) -> Result<Arc<Compiled>, LinkCommandError> {
    let compiled = sandbox.compile(component.bytes.clone()).await;
    compiled.map_err(|reason| LinkCommandError::Refused {
        path: component.path.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compile_cache_is_in_the_users_cache_folder() {
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
