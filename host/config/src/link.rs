//! The section `links`.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::OnError;
use vconduit_base::names::Digest;
use vconduit_policy::{Grants, Limits};

/// A named use of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Where the code is.
    pub component: ComponentSource,
    /// `options` as given; the component's defaults are merged under them when the link is made ready.
    pub options: Map<String, Value>,
    /// `grants`; absent: not stated. A standard link then gets those that follow from its options, any other none.
    pub grants: Option<Grants>,
    /// `limits`, over the defaults.
    pub limits: Limits,
    /// `warm`: whether an instance may serve many calls. Saves the set-up, gives up that calls know nothing of each other: for code that
    /// is trusted. Absent: only for standard links that say so in their description.
    pub warm: Option<bool>,
    /// `on_error` for this link; absent: the chain's.
    pub on_error: Option<OnError>,
}

/// Where a link's component comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentSource {
    /// `module: links.<name>`: a standard link that is built into the host; here is the `<name>`.
    Standard(String),
    /// `component: sha256:<digest>`: an uploaded one, from the store.
    Uploaded(Digest),
    /// `component: <path>`: a file; written relative to the configuration file, here in full.
    File(PathBuf),
}
