//! Identity, grants, limits and surroundings of one call.

use std::sync::Arc;

use crate::surroundings::{DocumentAccess, EffectGate, Environment, GuestMetrics};
use vcon_document::{EgressFormat, VconId};
use vconduit_base::Secrets;
use vconduit_base::names::{ChainName, LinkName, ListName};
use vconduit_policy::{Grants, Limits};

/// Identity, grants, limits and surroundings of one call. Everything large is shared.
#[derive(Clone)]
pub struct CallContext {
    /// Name of the link in the configuration.
    pub link: LinkName,
    /// Name of the chain that calls the link.
    pub chain: ChainName,
    /// List that the vCon came from. None in a dry run.
    pub ingress_list: Option<ListName>,
    /// Number of this attempt, from 1.
    pub attempt: u32,
    /// Resources that the link may reach.
    pub grants: Arc<Grants>,
    /// Amounts that the call may use.
    pub limits: Limits,
    /// Id of the call's own vCon, also when the vCon does not exist.
    pub vcon: VconId,
    /// Egress format of the deployment.
    pub egress: EgressFormat,
    /// Secrets by name, those that are not granted included.
    pub secrets: Arc<Secrets>,
    /// Access to other vCons.
    pub documents: Arc<dyn DocumentAccess>,
    /// Gate that each effect outside has to pass.
    pub gate: Arc<dyn EffectGate>,
    /// Clock and random numbers.
    pub environment: Arc<dyn Environment>,
    /// Receiver of the metrics that the link reports.
    pub metrics: Arc<dyn GuestMetrics>,
    /// True to keep log lines and outbound requests for the report, as a dry run does.
    pub keep_log: bool,
}
