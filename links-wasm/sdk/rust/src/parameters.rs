//! Properties of the current call.

use crate::bindings::link::vcon::link::parameters as host;

/// The name under which the link is configured.
pub fn link_name() -> String {
    host::link_name()
}

/// The chain that calls.
pub fn chain_name() -> String {
    host::chain_name()
}

/// The list that the vCon came from; empty in a dry run.
pub fn ingress_list() -> String {
    host::ingress_list()
}

/// 1 for the first try, one more for each retry.
pub fn attempt() -> u32 {
    host::attempt()
}
