//! The Conserver's routes.

pub mod config;
pub mod dlq;
pub mod error;
pub mod external;
pub mod fault;
pub mod payload;
pub mod query;
pub mod queues;
pub mod schemas;
pub mod system;
pub mod vcon;
pub mod vcons;

use crate::edge::{body, measure, reply, trace_context};
use crate::{Answer, ApiError, ApiState, Shared};
