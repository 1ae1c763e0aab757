//! The operator who sent a request.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::ProblemDocument;
use crate::Shared;
use crate::auth::OperatorRefused;
use crate::edge::request_id::RequestId;
use vconduit_engine::control::Actor;

/// Proof that a request may use the admin API, with its sender.
#[derive(Debug, Clone)]
pub struct Admin(pub Actor);

impl FromRequestParts<Shared> for Admin {
    type Rejection = ProblemDocument;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ProblemDocument> {
        let operator = api.admin_keys.operator(&parts.headers)?;
        let request_id = parts.extensions.get::<RequestId>().map_or("-", RequestId::as_str);
        Ok(Self(Actor {
            name: operator.name().to_owned(),
            request_id: request_id.to_owned(),
        }))
    }
}

impl From<OperatorRefused> for ProblemDocument {
    fn from(refused: OperatorRefused) -> Self {
        match refused {
            OperatorRefused::NoKey => Self::unauthorized(),
            OperatorRefused::Closed => Self::forbidden("the admin API is closed: this host has no admin keys").fix(
                "set VCONDUIT_ADMIN_TOKEN, or VCONDUIT_ADMIN_TOKEN_FILE with lines `name:key`, and start the host again",
            ),
            OperatorRefused::NotLocal => {
                Self::forbidden("without admin keys the admin API answers only to http://127.0.0.1 and localhost")
                    .fix("call it by that address, or set VCONDUIT_ADMIN_TOKEN")
            }
        }
    }
}
