//! `vcon:link/queues`: lists of vCon ids, by grant. Pushes take effect together with the edits of
//! the call.

use super::document::vcon_id;
use super::documents::MAX_EFFECTS;
use crate::bindings::wit::queues::Host;
use crate::bindings::wit::types::Error;
use crate::state::CallState;
use vconduit_base::names::ListName;

impl Host for CallState {
    fn push(&mut self, queue: String, id: String) -> Result<(), Error> {
        let list = ListName::new(&queue).map_err(|error| Error::BadJson(error.to_string()))?;
        if !self.context.grants.allows_queue(&queue) {
            return Err(Error::Denied(format!(
                "`queues: [{list}]` is missing in the grants of the link {}",
                self.context.link
            )));
        }
        let id = vcon_id(&id)?;
        if self.effects.push.len() >= MAX_EFFECTS {
            return Err(Error::Limit(format!("more than {MAX_EFFECTS} ids pushed in one call")));
        }
        self.effects.push.push((list, id));
        Ok(())
    }
}
