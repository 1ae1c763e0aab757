//! Bodies of the responses of the admin API, for the server that writes them and for the clients
//! that read them.
//!
//! Guarantee: a client needs nothing of the server but this crate. Members that a server of another
//! version leaves out are read as absent where the response can do without them.

mod configuration;
mod confirmation;
mod hosts;
mod links;
mod queues;
mod trial;
mod versions;
mod whereabouts;

pub use configuration::{Chains, ConfigProblem, MemberChanged, ProblemSeverity, Storages, Validation};
pub use confirmation::{Confirmation, Unconfirmed};
pub use hosts::{AuditLog, AuditRow, HostProblem, HostReport, Hosts};
pub use links::{Granted, LinkDeleted, LinkDetail, LinkList, LinkSummary, LinkUse, SettingChanged, Switched};
pub use queues::{ClaimRow, Claims, DeadLetterRow, DeadLetters, FailureRecord, ListKind, ListRow, Lists, Retried};
pub use trial::{
    TrialAmount, TrialDeed, TrialFailure, TrialLifetime, TrialLogLine, TrialOtherVcon, TrialOutcome, TrialPush,
    TrialReport, TrialRequest, TrialUsage, VconChange, VconChangeKind,
};
pub use versions::{About, LinkVersion, UploadedVersion, VersionDeleted, VersionDetail, VersionList};
pub use whereabouts::{CopyIn, PlaceOf, TrailEntry, TrailLink, TrailStorage, Whereabouts};
