//! Bindings that `wit-bindgen` makes from the contract in `wit/`. They are not meant to be used
//! directly, because the rest of the crate wraps them.
//!
//! On a machine other than wasm32 every imported function ends the program, so tests run only code
//! that needs no host.
//!
//! `wit/package.wit` is a link to the file at the top of the repository. The package on a registry
//! has a copy of it.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

/// World `link`.
pub mod link {
    wit_bindgen::generate!({
        path: "wit",
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
        path: "wit",
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

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_in_the_package_is_that_of_the_repository() {
        let top = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../wit/package.wit");
        // A package from a registry has no repository around it.
        if let Ok(contract) = std::fs::read_to_string(top) {
            let packaged = include_str!("../wit/package.wit");
            assert!(
                packaged == contract,
                "wit/package.wit of the SDK differs from /wit/package.wit: link to it again"
            );
        }
    }
}
