//! Interfaces that a component can import: those of the contract, one file each, and an empty WASI.
//!
//! Guarantee: a function here reads and changes only the call's own state, unless a grant of the
//! call permits more.

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::link::Link;
use crate::bindings::wit;
use crate::state::CallState;

mod clock;
mod document;
mod documents;
mod edits;
mod entries;
mod http;
mod log;
mod metrics;
mod parameters;
mod queues;
mod random;
mod secrets;

/// Interfaces that the host has, by package and version track.
const INTERFACES: [(&str, &[&str]); 7] = [
    (
        "vcon:link@0.1",
        &[
            "types",
            "outcomes",
            "document",
            "documents",
            "queues",
            "log",
            "metrics",
            "clock",
            "random",
            "parameters",
            "secrets",
            "http",
        ],
    ),
    ("wasi:http@0.2", &["types", "outgoing-handler"]),
    ("wasi:io@0.2", &["error", "poll", "streams"]),
    ("wasi:clocks@0.2", &["monotonic-clock", "wall-clock"]),
    ("wasi:random@0.2", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:cli@0.2",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:filesystem@0.2", &["types", "preopens"]),
];

/// Interfaces of `wasi:sockets`. They exist, but refuse every operation.
const SOCKETS: (&str, &[&str]) = (
    "wasi:sockets@0.2",
    &[
        "network",
        "instance-network",
        "ip-name-lookup",
        "tcp",
        "tcp-create-socket",
        "udp",
        "udp-create-socket",
    ],
);

/// Makes a linker with all interfaces.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    Link::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Ok(linker)
}

/// Returns true if the host has an interface, named as a component imports it
/// (`wasi:io/poll@0.2.6`).
pub(super) fn has(import: &str) -> bool {
    let (path, version) = import.split_once('@').unwrap_or((import, ""));
    let Some((package, interface)) = path.split_once('/') else {
        return false;
    };
    INTERFACES.iter().chain([&SOCKETS]).any(|(known, interfaces)| {
        let (known_package, known_track) = known.split_once('@').unwrap_or((known, ""));
        package == known_package && on_track(version, known_track) && interfaces.contains(&interface)
    })
}

/// Returns true if a version such as `0.2.6` is on a track such as `0.2`.
pub(super) fn on_track(version: &str, track: &str) -> bool {
    version
        .strip_prefix(track)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl wit::types::Host for CallState {}
impl wit::outcomes::Host for CallState {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_known_by_its_package_its_name_and_its_version_track() {
        assert!(has("vcon:link/document@0.1.0"));
        assert!(has("vcon:link/document@0.1.7"));
        assert!(has("wasi:sockets/tcp@0.2.6"));
        assert!(!has("vcon:link/document@0.2.0"));
        assert!(!has("vcon:link/document@0.10.0"));
        assert!(!has("wasi:http/incoming-handler@0.2.0"));
        assert!(!has("evil:host/shell@0.1.0"));
        assert!(!has("run"));
    }
}
