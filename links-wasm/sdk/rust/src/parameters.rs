//! Properties of the current call.

use crate::bindings::link::vcon::link::parameters as host;

/// Returns the name of the link in the configuration.
pub fn link_name() -> String {
    host::link_name()
}

/// Returns the name of the chain that calls the link.
pub fn chain_name() -> String {
    host::chain_name()
}

/// Returns the list that the vCon came from. It is empty in a dry run.
pub fn ingress_list() -> String {
    host::ingress_list()
}

/// Returns the number of this try, from 1.
pub fn attempt() -> u32 {
    host::attempt()
}
