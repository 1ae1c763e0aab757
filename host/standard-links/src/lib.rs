//! The standard links that are built into the host.
//!
//! Guarantee: the list is made of the folders of `links-wasm/links` when the crate is built.
//! Nothing here knows a link by name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use wasmparser::{Parser, Payload};

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/links.rs"));
}

/// Custom section in which the SDK writes the further module names of a link, one on a line.
const MODULES_SECTION: &str = "vcon-link-modules";

/// A component that comes with the host.
#[derive(Debug, Clone, Copy)]
pub struct Standard {
    /// Its name: `links.<name>` in a configuration.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// Further module names of all standard links, by the name of the link. Components are searched
/// once.
static FURTHER_MODULES: LazyLock<BTreeMap<&str, Vec<String>>> =
    LazyLock::new(|| standard().map(|link| (link.name, module_names(link.bytes))).collect());

impl Standard {
    /// Returns module names by which a configuration can name the link, besides `links.<name>`.
    #[must_use]
    pub fn further_modules(&self) -> &'static [String] {
        FURTHER_MODULES.get(self.name).map_or(&[], Vec::as_slice)
    }
}

/// Returns all standard links, sorted by name.
pub fn standard() -> impl Iterator<Item = Standard> {
    embedded::STANDARD.iter().map(|(name, bytes)| Standard { name, bytes })
}

/// Returns the standard link that a configuration names as `module`: `links.<name>`, or a further
/// module name that the link carries.
#[must_use]
pub fn by_module(module: &str) -> Option<Standard> {
    let by_name = module
        .strip_prefix("links.")
        .and_then(|name| standard().find(|link| link.name == name));
    by_name.or_else(|| {
        let has_module = |link: &Standard| link.further_modules().iter().any(|name| name == module);
        standard().find(has_module)
    })
}

/// Returns the further module names that a component carries. Bytes that can't be read carry none.
#[must_use]
pub fn module_names(component: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        if let Payload::CustomSection(section) = payload
            && section.name() == MODULES_SECTION
        {
            names.extend(String::from_utf8_lossy(section.data()).lines().map(str::to_owned));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a component with a module in it that has one custom section.
    fn component(section: &str, content: &str) -> Vec<u8> {
        let size = |length: usize| u8::try_from(length).unwrap();
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([0, size(section.len() + content.len() + 1), size(section.len())]);
        module.extend(section.bytes().chain(content.bytes()));
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        component.extend([1, size(module.len())]);
        component.extend(module);
        component
    }

    #[test]
    fn module_names_are_found_without_running_the_component() {
        let names = module_names(&component(MODULES_SECTION, "links.a\nlinks.b\n"));
        assert_eq!(names, ["links.a", "links.b"]);
        assert!(module_names(&component("another", "links.a\n")).is_empty());
        assert!(module_names(b"no component").is_empty());
    }

    #[test]
    fn a_link_is_found_by_its_module() {
        for link in standard() {
            let found = by_module(&format!("links.{}", link.name));
            assert_eq!(found.map(|found| found.name), Some(link.name));
        }
        assert!(by_module("links.nothing").is_none());
        assert!(by_module("tag").is_none(), "a module name begins with `links.`");
    }
}
