//! `vcon:link/secrets`: secrets by grant.
//!
//! Guarantee: once a link received a secret, its value is kept out of the log, of errors and of the
//! vCon.

use crate::bindings::wit::secrets::Host;
use crate::bindings::wit::types::Error;
use crate::state::CallState;

impl Host for CallState {
    fn get(&mut self, name: String) -> Result<String, Error> {
        let Some(granted) = self
            .context
            .grants
            .secrets
            .iter()
            .find(|granted| granted.as_str() == name)
            .cloned()
        else {
            let name = vconduit_base::text::clean(&name, 100);
            return Err(Error::Denied(format!(
                "`secrets: [{name}]` is missing in the grants of the link {}",
                self.context.link
            )));
        };
        let Some(value) = self.context.secrets.reveal(&name).map(str::to_owned) else {
            return Err(Error::Unavailable(format!(
                "the secret {granted} is granted but not set; set VCONDUIT_SECRET_{granted} or add a file of that name"
            )));
        };
        self.log.hide(granted, &value);
        Ok(value)
    }
}
