//! The section `ingress_auth`: keys of partners, per ingress list.

use std::fmt;

/// Keys that open one list. A value of the wrong shape is kept, not refused: the Conserver reports
/// it with its own words at the request.
#[derive(Clone, PartialEq, Eq)]
pub enum IngressAuth {
    /// These keys.
    Keys(Vec<String>),
    /// Neither a text nor a list of texts.
    Invalid,
}

impl fmt::Debug for IngressAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(keys) => write!(f, "{} keys", keys.len()),
            Self::Invalid => f.write_str("invalid"),
        }
    }
}
