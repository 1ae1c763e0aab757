//! The section `links`.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::OnError;
use vconduit_base::names::Digest;
use vconduit_policy::{Grants, Limits};

/// A named use of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Source of the component.
    pub component: ComponentSource,
    /// `options` as written. The component's defaults are merged under them when the link is made
    /// ready.
    pub options: Map<String, Value>,
    /// `grants`. Absent: a standard link gets the grants that follow from its options, any other
    /// link gets none.
    pub grants: Option<Grants>,
    /// `limits`, over the defaults.
    pub limits: Limits,
    /// `warm`: true lets one instance serve many calls. It saves the set-up of an instance and
    /// gives up the isolation of calls from each other, so it is for trusted code. Absent: true for
    /// standard links whose description allows it.
    pub warm: Option<bool>,
    /// `on_error` for this link; absent: the chain's.
    pub on_error: Option<OnError>,
}

/// Source of a link's component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentSource {
    /// `module: links.<name>`: a standard link that is built into the host; here is the `<name>`.
    Standard(String),
    /// `component: sha256:<digest>`: an uploaded one, from the store.
    Uploaded(Digest),
    /// `component: <path>`: a file; written relative to the configuration file, here in full.
    File(PathBuf),
}
