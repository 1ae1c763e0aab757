//! The standard links that are built into the host.

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/links.rs"));
}

/// A component that comes with the host.
#[derive(Debug, Clone, Copy)]
pub struct Standard {
    /// Its name: `links.<name>` in a configuration.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// All standard links.
pub fn standard() -> impl Iterator<Item = Standard> {
    embedded::STANDARD.iter().map(|(name, bytes)| Standard { name, bytes })
}
