//! The standard links that are built into the host.
//!
//! Guarantee: the list is made of the folders of `links-wasm/links` when the crate is built.
//! Nothing here knows a link by name.

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/links.rs"));
}

/// A component that is built into the host.
#[derive(Debug, Clone, Copy)]
pub struct Standard {
    /// The name of the link, which is that of its folder. A configuration calls it `links.<name>`.
    pub name: &'static str,
    /// The bytes of the component.
    pub bytes: &'static [u8],
}

/// Returns all standard links, sorted by name.
pub fn standard() -> impl Iterator<Item = Standard> {
    embedded::STANDARD.iter().map(|(name, bytes)| Standard { name, bytes })
}
