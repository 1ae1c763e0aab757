//! `/vcon/external-ingress`: partners, each with keys for lists of their own.

use axum::extract::{Request, State};

use super::fault::both;
use super::payload::Payload;
use super::query::Query;
use super::schemas::Vcon;
use super::{ApiError, Reply, vcon};
use crate::Shared;
use crate::auth::PartnerRefused;
use crate::edge::measure::Source;
use crate::edge::reply::{self, Refusal};
use crate::edge::trace_context;

/// Store a vCon of a partner
///
/// Stores the vCon and appends its id to the list, in one step. Needs a key of the list
/// (`ingress_auth` in the configuration), in the same header as other keys. A key of the API is
/// refused here.
#[utoipa::path(
    post, path = "/vcon/external-ingress", tag = "external",
    params(("ingress_list" = String, Query, description = "list of the partner")),
    request_body = Vcon,
    responses(
        (status = 204, description = "the vCon is stored and its id is on the list"),
        (status = 403, description = "the request has no key of this list", body = Refusal),
    ),
)]
pub async fn external_ingress_vcon(State(api): State<Shared>, query: Query, request: Request) -> Reply {
    let (head, body) = request.into_parts();
    let snapshot = api.live.load_full();
    let list = query.list("ingress_list");
    let partner = list.map(|list| api.keys.partner(&head.headers, &snapshot.config, &list));
    // The document is checked before the key, but only the start of a stranger's document is read.
    let payload = match &partner {
        Ok(Ok(_)) => Payload::read(&api, &head.headers, body, api.settings.max_body_bytes).await?,
        Ok(Err(refused)) => Payload::read_of_stranger(&api, &head.headers, body, refused.clone()).await?,
        Err(faults) => Payload::read_of_stranger(&api, &head.headers, body, faults.clone()).await?,
    };
    let (partner, ingested) = both(partner, payload.vcon().await)?;
    let lists = [partner?.list().clone()];
    api.admission.check(&lists)?;
    let context = trace_context::of(&head.headers);
    let created = api.documents.create(&ingested, &lists, context).await;
    created.map_err(|error| ApiError::Store("Failed to store vCon", error))?;
    vcon::count(&api, &lists, Source::External);
    Ok(reply::empty())
}

/// The Conserver's words.
impl From<PartnerRefused> for ApiError {
    fn from(refused: PartnerRefused) -> Self {
        Self::Forbidden(match refused {
            PartnerRefused::NoKey => "API Key required".to_owned(),
            PartnerRefused::NoPartners => "No ingress authentication configured".to_owned(),
            PartnerRefused::NoKeysOf(list) => format!("Ingress list '{list}' not configured"),
            PartnerRefused::NotKeysOf(list) => format!("Invalid configuration for ingress list '{list}'"),
            PartnerRefused::WrongKeyOf(list) => format!("Invalid API Key for ingress list '{list}'"),
        })
    }
}
