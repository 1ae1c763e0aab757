//! One call of a link: what goes in, what comes back.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;

use super::guest_log::LogLine;
use super::outbound::OutboundCall;
use super::{Compiled, Usage};
use vcon_document::{Document, Edit, EgressFormat, Text, VconId};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName, ListName};
use vconduit_policy::{Grants, Limits};

/// What a call works with. Everything is shared or moved; making one copies nothing large.
pub struct Call {
    /// The component.
    pub component: Arc<Compiled>,
    /// The link, as configured.
    pub link: LinkName,
    /// The chain that calls.
    pub chain: ChainName,
    /// Where the vCon came from; absent in a dry run.
    pub ingress_list: Option<ListName>,
    /// 1 for the first try.
    pub attempt: u32,
    /// The options: a JSON object, the component's defaults already merged in.
    pub options: Arc<str>,
    /// What the link may reach.
    pub grants: Arc<Grants>,
    /// What it may use up.
    pub limits: Limits,
    /// The chain's deadline: the call ends by then even if its own limit is later.
    pub deadline: Option<Instant>,
    /// The vCon that the call is about.
    pub vcon: VconId,
    /// Its document, names upgraded (`vcon::canonical::upgrade`); absent when there is none.
    pub document: Option<Document>,
    /// The deployment's egress format.
    pub egress: EgressFormat,
    /// Secrets by name.
    pub secrets: Arc<Secrets>,
    /// The way to other vCons.
    pub documents: Arc<dyn DocumentAccess>,
    /// Time and chance.
    pub environment: Arc<dyn Environment>,
    /// Where guest metrics go.
    pub metrics: Arc<dyn GuestMetrics>,
    /// Whether the instance may be one that served this link before, and be kept for its next call. Only for code that is trusted.
    pub warm: bool,
    /// Whether to keep the log lines and the outbound requests in the report (a dry run shows them).
    pub keep_log: bool,
}

/// The way to vCons other than the call's own. The grant has been checked by then.
#[async_trait]
pub trait DocumentAccess: Send + Sync {
    /// The document's JSON text, names upgraded.
    async fn read(&self, id: &VconId) -> Result<Option<Text>, String>;
    /// Checks and stores a new document.
    async fn create(&self, json: &str) -> Result<VconId, CreateError>;
    /// Deletes a document everywhere.
    async fn delete(&self, id: &VconId) -> Result<bool, String>;
}

/// Why a document was not created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    /// It is not a vCon; the text says where.
    #[error("{0}")]
    Invalid(String),
    /// The store did not take it.
    #[error("{0}")]
    Unavailable(String),
}

/// Time and chance, so that tests can set them.
pub trait Environment: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
    /// Evenly distributed in [0, 1).
    fn uniform(&self) -> f64;
    /// Fills a buffer with random bytes.
    fn fill(&self, bytes: &mut [u8]);
    /// How long a sleep of this many milliseconds really takes; tests answer 0 and note the wish.
    fn sleep_ms(&self, wished_ms: u64) -> u64 {
        wished_ms
    }
}

/// Where the numbers go that links report. Implementations bound names and labels.
pub trait GuestMetrics: Send + Sync {
    /// Adds to a counter.
    fn count(&self, link: &LinkName, vcon: &VconId, name: &str, value: u64, attributes: &[(String, String)]);
    /// Records a value.
    fn observe(&self, link: &LinkName, vcon: &VconId, name: &str, value: f64, attributes: &[(String, String)]);
}

/// What the chain does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next link.
    Next,
    /// End quietly; why.
    Stop(String),
    /// Go on with another vCon.
    Switch(VconId),
    /// Park the run, push the id to this list.
    HandOff(ListName),
}

/// What kind of thing went wrong, as the link said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The options don't fit.
    Options,
    /// The vCon is not what the link can work with.
    Vcon,
    /// The vCon is signed or encrypted: the chain passes the link over.
    Sealed,
    /// A service refused or was away.
    Service,
    /// Anything else.
    Other,
}

/// The link's own report of a failure. The message is bounded and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// For people.
    pub message: String,
    /// Whether a retry may help.
    pub retryable: bool,
    /// Not before.
    pub retry_after_ms: Option<u64>,
}

/// Why a call has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The link said so itself.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A limit of the call was reached. The text names the limit, its value and the key that raises it.
    #[error("{0}")]
    Limit(String),
    /// The chain's deadline passed during the call.
    #[error("the chain's timeout passed while the link was running")]
    ChainDeadline,
    /// The code trapped: a panic, an unreachable, a stack overflow. The text is bounded and escaped and holds the last line of stderr.
    #[error("the link crashed: {0}")]
    Trap(String),
    /// What came back is not what the contract says: a list name with control characters, a document with another uuid, JSON that is not JSON.
    #[error("the link answered something that the contract does not allow: {0}")]
    BadAnswer(String),
    /// The host could not run it: no memory for an instance, too many at once.
    #[error("the host could not run the link: {0}")]
    Host(String),
}

impl CallError {
    /// Whether the chain should try the call again by itself.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.retryable,
            Self::Host(_) => true,
            Self::Limit(_) | Self::ChainDeadline | Self::Trap(_) | Self::BadAnswer(_) => false,
        }
    }

    /// The class for the error record and the metrics.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Failed(failure) => match failure.kind {
                FailureKind::Options => "options",
                FailureKind::Vcon => "vcon",
                FailureKind::Sealed => "sealed",
                FailureKind::Service => "service",
                FailureKind::Other => "link",
            },
            Self::Limit(_) => "limit",
            Self::ChainDeadline => "timeout",
            Self::Trap(_) => "trap",
            Self::BadAnswer(_) => "contract",
            Self::Host(_) => "host",
        }
    }
}

/// Changes outside the document that a call asked for. The caller makes them with its next write.
#[derive(Debug, Clone, Default)]
pub struct CallEffects {
    /// Ids to append to lists, in order. The names are exact.
    pub push: Vec<(ListName, VconId)>,
    /// New lifetimes of vCons in seconds; 0 or less deletes at once.
    pub expire: Vec<(VconId, i64)>,
}

impl CallEffects {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.push.is_empty() && self.expire.is_empty()
    }
}

/// Result of a call.
#[derive(Debug)]
pub struct CallReport {
    /// How it ended.
    pub result: Result<Outcome, CallError>,
    /// The document with the edits applied. As it went in when the call failed.
    pub document: Option<Document>,
    /// The edits, in order; empty when the call failed.
    pub edits: Vec<Edit>,
    /// Pushes and lifetimes, to be done with the next write; empty when the call failed.
    pub effects: CallEffects,
    /// Whether the call did something that can't be taken back (a request, a vCon created or deleted): then a checkpoint follows.
    pub reached_outside: bool,
    /// What it used.
    pub usage: Usage,
    /// Its log lines, if kept.
    pub log: Vec<LogLine>,
    /// Its outbound requests, made and refused, if kept.
    pub outbound: Vec<OutboundCall>,
}
