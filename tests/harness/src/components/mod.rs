//! Components as their authors build them. They are built when the first test uses one.

mod fixture;

use std::path::PathBuf;

pub use fixture::Fixture;

/// The links of `links-wasm/examples`.
pub const EXAMPLES: Fixture = Fixture {
    name: "examples",
    sources: &["links-wasm", "wit"],
    command: &[
        "cargo",
        "build",
        "--quiet",
        "--locked",
        "--release",
        "--manifest-path=links-wasm/Cargo.toml",
        "--target=wasm32-wasip2",
        "--target-dir=target/links-examples",
        "--package=keyword_tagger",
        "--package=tag_transform",
        "--package=noisy",
    ],
    folder: "target/links-examples/wasm32-wasip2/release",
};

/// The links of `tests/hostile` that are written in Rust.
pub const HOSTILE: Fixture = Fixture {
    name: "hostile",
    sources: &["tests/hostile", "links-wasm/sdk/rust", "wit"],
    command: &[
        "cargo",
        "build",
        "--quiet",
        "--locked",
        "--release",
        "--manifest-path=tests/hostile/Cargo.toml",
        "--target=wasm32-wasip2",
        "--target-dir=target/links-hostile",
        "--examples",
    ],
    folder: "target/links-hostile/wasm32-wasip2/release/examples",
};

/// The links of `tests/polyglot`.
pub const POLYGLOT: [Fixture; 6] = [
    polyglot_fixture("topics_python", &["tests/polyglot/build", "topics_python"]),
    polyglot_fixture("topics_js", &["tests/polyglot/build", "topics_js"]),
    polyglot_fixture("topics_c", &["tests/polyglot/build", "topics_c"]),
    polyglot_fixture("topics_go", &["tests/polyglot/build", "topics_go"]),
    polyglot_fixture("hostile_python", &["tests/polyglot/build", "hostile_python"]),
    polyglot_fixture("hostile_js", &["tests/polyglot/build", "hostile_js"]),
];

const fn polyglot_fixture(name: &'static str, command: &'static [&'static str]) -> Fixture {
    Fixture {
        name,
        // The lock file names the version of WASI's interfaces that the links are built with.
        sources: &["tests/polyglot", "wit", "Cargo.lock"],
        command,
        folder: "target/polyglot",
    }
}

/// Builds all components that tests use, so that no test has to wait.
///
/// # Panics
/// If a build fails.
pub fn build_all() {
    for fixture in [EXAMPLES, HOSTILE].iter().chain(&POLYGLOT) {
        println!("{}", fixture.folder().display());
    }
}

/// Returns the absolute path of an example.
///
/// # Panics
/// If there is no such example, or it cannot be built.
#[must_use]
pub fn example_file(name: &str) -> PathBuf {
    EXAMPLES.component(name)
}

/// Returns the bytes of an example.
///
/// # Panics
/// If there is no such example, or it cannot be built.
#[must_use]
pub fn example(name: &str) -> Vec<u8> {
    std::fs::read(example_file(name)).expect("a component")
}

/// Returns the absolute path of a hostile link. `name` is its folder in `tests/hostile`.
///
/// # Panics
/// If there is no such link, or it cannot be built.
#[must_use]
pub fn hostile_file(name: &str) -> PathBuf {
    HOSTILE.component(&name.replace('-', "_"))
}

/// Returns the absolute path of a link of `tests/polyglot`, for example `topics_python`.
///
/// # Panics
/// If there is no such link, or it cannot be built.
#[must_use]
pub fn polyglot_file(name: &str) -> PathBuf {
    let fixture = POLYGLOT.iter().find(|fixture| fixture.name == name);
    let Some(fixture) = fixture else {
        panic!("tests/polyglot has no link {name}");
    };
    fixture.component(name)
}

/// Returns the component with another digest: with a custom section at its end, which nothing
/// reads.
///
/// # Panics
/// If the mark is longer than 126 bytes.
#[must_use]
pub fn marked(component: &[u8], mark: &str) -> Vec<u8> {
    let size = u8::try_from(mark.len() + 1).expect("a short mark");
    assert!(size < 0x80, "a mark of at most 126 bytes");
    let mut bytes = component.to_vec();
    bytes.extend([0, size, size - 1]);
    bytes.extend(mark.as_bytes());
    bytes
}
