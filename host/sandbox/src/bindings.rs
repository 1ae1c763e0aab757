//! Rust types of the contract, generated from `wit/`.

/// World `link`, and the host's side of every interface.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
pub(crate) mod link {
    wasmtime::component::bindgen!({
        world: "link",
        path: "../../wit",
        imports: {
            "vcon:link/documents.read": async,
            "vcon:link/documents.create": async,
            "vcon:link/documents.delete": async,
            "vcon:link/clock.sleep-ms": async,
            "vcon:link/http.send": async,
        },
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

/// World `transform`.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
pub(crate) mod transform {
    wasmtime::component::bindgen!({
        world: "transform",
        path: "../../wit",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: false },
        with: {
            "vcon:link/types": super::link::vcon::link::types,
            "vcon:link/outcomes": super::link::vcon::link::outcomes,
        },
    });
}

pub(crate) use link::vcon::link as wit;
