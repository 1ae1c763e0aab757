//! `vcon:link/parameters`: facts about the call.

use crate::bindings::wit::parameters::Host;
use crate::state::CallState;

impl Host for CallState {
    fn link_name(&mut self) -> String {
        self.context.link.as_str().to_owned()
    }

    fn chain_name(&mut self) -> String {
        self.context.chain.as_str().to_owned()
    }

    fn ingress_list(&mut self) -> String {
        self.context
            .ingress_list
            .as_ref()
            .map(|list| list.as_str().to_owned())
            .unwrap_or_default()
    }

    fn attempt(&mut self) -> u32 {
        self.context.attempt
    }
}
