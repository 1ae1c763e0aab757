//! Hosts and the audit log: who is there, and who did what.

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::page::{Page, ok};
use super::{Answer, QueryOf};
use crate::Shared;
use crate::auth::Admin;
use vconduit_engine::hosts::{HostReport, live_hosts};

/// Hosts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hosts {
    /// By id.
    #[schema(value_type = Vec<Object>)]
    hosts: Vec<HostReport>,
}

/// The hosts that are there
///
/// Each with its version, address, roles, load, the revision of the configuration that it works on, its links with the versions that are
/// active, and why it could not take a newer configuration, if so. A host that was killed is listed for five seconds more.
#[utoipa::path(
    get, path = "/hosts", tag = "admin: hosts",
    responses((status = 200, description = "the hosts", body = Hosts)),
)]
pub async fn get_hosts(_: Admin, State(api): State<Shared>) -> Answer {
    let hosts = live_hosts(api.store.as_ref()).await?;
    ok(&Hosts { hosts })
}

/// A part of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLog {
    /// The newest first: `at_ms`, `who`, `action`, `target`, `before`, `after`, `request_id`.
    #[schema(value_type = Vec<Object>)]
    entries: Vec<Value>,
}

/// The audit log
///
/// Who did what, when, to what; as it was before and after. The last 10,000 entries are kept.
#[utoipa::path(
    get, path = "/audit", tag = "admin: hosts",
    params(
        ("offset" = Option<u64>, Query, description = "how many to pass over"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "how many at most, default 100"),
    ),
    responses((status = 200, description = "entries, the newest first", body = AuditLog)),
)]
pub async fn get_audit(_: Admin, State(api): State<Shared>, QueryOf(page): QueryOf<Page>) -> Answer {
    let texts = api.store.audit_log(page.offset, page.limit()?).await?;
    // What is no JSON was written by someone else; it is shown as it is.
    let entries = texts
        .into_iter()
        .map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)))
        .collect();
    ok(&AuditLog { entries })
}
