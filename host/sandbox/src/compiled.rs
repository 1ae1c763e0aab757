//! A component that is ready to be called.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::Description;
use super::linked::{Linked, World};
use vconduit_base::names::Digest;

/// A component that is ready to be called.
pub struct Compiled {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its world.
    pub world: World,
    /// The length of the component.
    pub component_bytes: u64,
    /// Its functions.
    pub functions: u64,
    /// How long it took to compile, or to load from the cache.
    pub compile_time: Duration,
    /// Whether it came from the cache.
    pub from_cache: bool,
    /// Its imports, as written.
    pub imports: Vec<String>,
    pub(super) description: Description,
    pub(super) linked: Linked,
    /// Whether the last call failed or was long: the next one begins where long calls go on.
    pub(super) stands_back: AtomicBool,
}

impl Compiled {
    /// What the component says about itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("digest", &self.digest)
            .field("world", &self.world)
            .field("name", &self.description.name)
            .finish_non_exhaustive()
    }
}
