//! The section `ingress_auth`: keys of partners, per ingress list.

use std::fmt;

/// The keys that open one list. The Conserver's words for what is wrong with one are answered at the request, so a wrong
/// shape is kept rather than refused.
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
