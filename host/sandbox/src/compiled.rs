//! Components that are ready to be called.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::description::Description;
use crate::linked::{Linked, World};
use vconduit_base::names::Digest;

/// A component that is ready to be called.
pub struct Compiled {
    /// Digest of the component's bytes.
    pub digest: Digest,
    /// World that it implements.
    pub world: World,
    /// Length of the component, in bytes.
    pub component_bytes: u64,
    /// Number of functions in all of its modules.
    pub functions: u64,
    /// Time to compile it, or to load it from the cache.
    pub compile_time: Duration,
    /// True if its code came from the cache.
    pub from_cache: bool,
    /// Names of its imports, as written in the component.
    pub imports: Vec<String>,
    pub(crate) description: Description,
    pub(crate) linked: Linked,
    /// True if the last call failed or was long. The next call starts on the low-priority threads.
    pub(crate) low_priority: AtomicBool,
}

impl Compiled {
    /// Returns the component's description of itself.
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
