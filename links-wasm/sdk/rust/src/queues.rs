//! Lists of vCon ids. Grant: `queues: [names or patterns]`.

use crate::Error;
use crate::bindings::link::vcon::link::queues as host;

/// Appends an id to a list, together with the edits of the call. A failed call pushes nothing.
pub fn push(queue: &str, id: &str) -> Result<(), Error> {
    host::push(queue, id)
}
