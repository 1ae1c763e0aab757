//! What operators ask of a host: changes of the configuration, of links and of queues.
//!
//! Guarantee: each change of the configuration goes through [`change::change`]; each action is in the audit log. This module knows
//! neither HTTP nor keys.

pub mod audit;
pub mod change;
pub mod check;
pub mod check_file;
pub mod configuration;
pub mod confirm;
pub mod links;
pub mod queues;

pub use audit::{Actor, AuditEntry};
pub use change::{ChangeError, Copies};
pub use check::{CheckError, Checker};
pub use configuration::{ConfigError, Configuration};
pub use confirm::Confirmation;
pub use links::{LinkError, Links};
pub use queues::{QueueError, Queues};
