//! Actions of operators: changes of the configuration, of links and of queues.
//!
//! Guarantee: each change of the configuration is made by [`change::change_here`], so it is in
//! force on this host when the action returns. Each action is in the audit log. This module does
//! not depend on HTTP or on keys.

pub mod audit;
pub mod change;
pub mod check;
pub mod check_file;
pub mod configuration;
pub mod confirm;
pub mod links;
pub mod monitor;
pub mod queues;
pub mod trial;

pub use audit::{Actor, AuditEntry};
pub use change::{ChangeError, Copies};
pub use check::{CheckError, Checker};
pub use configuration::{ConfigError, Configuration};
pub use links::{LinkError, Links};
pub use monitor::Monitor;
pub use queues::{QueueError, Queues, ReplayError, StorageLetters, StorageRetry};
pub use trial::{Trial, TrialError, TrialVcon, Trials};
