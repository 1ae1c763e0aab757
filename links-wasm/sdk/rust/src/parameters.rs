//! Properties of the current call.

use crate::bindings::link::vcon::link::parameters as host;

/// The name of the link in the configuration.
pub fn link_name() -> String {
    host::link_name()
}

/// The name of the chain that calls the link.
pub fn chain_name() -> String {
    host::chain_name()
}

/// The list that the vCon came from. Empty in a dry run.
pub fn ingress_list() -> String {
    host::ingress_list()
}

/// The number of this try, from 1.
pub fn attempt() -> u32 {
    host::attempt()
}
