//! Components as their authors build them.

use std::path::PathBuf;

use crate::samples;

/// Where `tests/run` puts the built examples, from the folder of the project.
const EXAMPLES: &str = "target/links-examples/wasm32-wasip2/release";

/// The file of an example, in full.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn example_file(name: &str) -> PathBuf {
    let path = samples::root().join(EXAMPLES).join(name).with_extension("wasm");
    path.canonicalize().unwrap_or_else(|error| {
        panic!(
            "the example link {} is missing ({error}): tests/run builds it",
            path.display()
        )
    })
}

/// The bytes of an example.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn example(name: &str) -> Vec<u8> {
    std::fs::read(example_file(name)).expect("a component")
}

/// The same component under another digest: with a custom section at its end, which nothing reads.
#[must_use]
pub fn marked(component: &[u8], mark: &str) -> Vec<u8> {
    let size = u8::try_from(mark.len() + 1).expect("a short mark");
    assert!(size < 0x80, "a mark of at most 126 bytes");
    let mut bytes = component.to_vec();
    bytes.extend([0, size, size - 1]);
    bytes.extend(mark.as_bytes());
    bytes
}
