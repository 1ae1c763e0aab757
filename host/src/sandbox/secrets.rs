//! Secrets: values that reach headers and, with a grant, links; never a log, an error, `Debug` output or a vCon.

use std::collections::BTreeMap;
use std::fmt;

use crate::names::SecretName;

/// Secrets by name.
#[derive(Default)]
pub struct Secrets(BTreeMap<SecretName, Box<str>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
