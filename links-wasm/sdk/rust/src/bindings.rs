//! Bindings that `wit-bindgen` generates from the contract in `wit/`. The rest of the crate wraps
//! them.
//!
//! On targets other than wasm32 every imported function ends the program, so unit tests call none
//! of them.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

/// World `link`.
pub mod link {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "link",
        pub_export_macro: true,
        export_macro_name: "export_link",
        default_bindings_module: "vcon_link::bindings::link",
        generate_all,
    });
}

/// World `transform`.
pub mod transform {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "transform",
        pub_export_macro: true,
        export_macro_name: "export_transform",
        default_bindings_module: "vcon_link::bindings::transform",
        with: {
            "vcon:link/types@0.1.0": super::link::vcon::link::types,
            "vcon:link/outcomes@0.1.0": super::link::vcon::link::outcomes,
        },
    });
}
