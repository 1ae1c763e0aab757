//! Hosts, and the audit log.

use axum::extract::State;

use super::page::Page;
use super::{Admin, QueryOf, Reply};
use crate::Shared;
use crate::edge::reply::Json;
use vconduit_admin_types::{AuditLog, Hosts};

/// List hosts
///
/// Each with its version, address, roles and load, the revision of its active configuration, and
/// its links with their active versions. A host that could not activate a newer configuration has
/// the reason. A killed host is listed for five more seconds.
#[utoipa::path(
    get, path = "/hosts", tag = "admin: hosts",
    responses((status = 200, description = "the hosts", body = Hosts)),
)]
pub async fn get_hosts(_: Admin, State(api): State<Shared>) -> Reply<Json<Hosts>> {
    Ok(Json(api.monitor.hosts().await?))
}

/// Read the audit log
///
/// Each action of an operator: who did it, when, and the state of its target before and after. The
/// last 10,000 entries are kept.
#[utoipa::path(
    get, path = "/audit", tag = "admin: hosts", params(Page),
    responses((status = 200, description = "entries, the newest first", body = AuditLog)),
)]
pub async fn get_audit(_: Admin, State(api): State<Shared>, QueryOf(page): QueryOf<Page>) -> Reply<Json<AuditLog>> {
    Ok(Json(api.monitor.audit_log(page.offset, page.limit()?).await?))
}
