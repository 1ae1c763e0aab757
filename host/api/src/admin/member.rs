//! `/admin/v1/chains` and `/admin/v1/storages`: the configuration in force, one resource for each of its members.
//!
//! Guarantee: a change is checked as a whole configuration is, tried on this host, written in one step with its entry in the audit log, and
//! not over a change that its writer has not seen: `If-Match` takes the ETag of a GET.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::page::ok;
use super::{Answer, Body, PathOf, Problem};
use crate::Shared;
use crate::auth::Admin;
use crate::edge::reply;
use vconduit_engine::control::configuration::{
    Chains, MemberChanged, Precondition, Section, Storages, Tag, Validation,
};

/// Chains
#[utoipa::path(get, path = "/chains", tag = "configuration", responses((status = 200, body = Chains)))]
pub async fn get_chains(_: Admin, State(api): State<Shared>) -> Answer {
    ok(&api.configuration.chains().await?)
}

/// Storages
///
/// Secrets are masked.
#[utoipa::path(get, path = "/storages", tag = "configuration", responses((status = 200, body = Storages)))]
pub async fn get_storages(_: Admin, State(api): State<Shared>) -> Answer {
    ok(&api.configuration.storages().await?)
}

/// One chain
#[utoipa::path(get, path = "/chains/{name}", tag = "configuration", params(("name" = String, Path)),
    responses((status = 200, body = Object, headers(("etag" = String, description = "for `If-Match`")))))]
pub async fn get_chain(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    one(&api, Section::Chains, &name).await
}

/// One storage
///
/// Secrets are masked.
#[utoipa::path(get, path = "/storages/{name}", tag = "configuration", params(("name" = String, Path)),
    responses((status = 200, body = Object, headers(("etag" = String, description = "for `If-Match`")))))]
pub async fn get_storage(_: Admin, State(api): State<Shared>, PathOf(name): PathOf<String>) -> Answer {
    one(&api, Section::Storages, &name).await
}

/// Set a chain
///
/// In the shape of the configuration file. `If-Match: "…"` refuses it when the chain is not the one that was read; `If-None-Match: *` when
/// there is one already.
#[utoipa::path(put, path = "/chains/{name}", tag = "configuration", params(("name" = String, Path)), request_body = Object,
    responses((status = 200, body = MemberChanged), (status = 412, body = Problem, content_type = "application/problem+json")))]
pub async fn put_chain(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Body(value): Body<Map<String, Value>>,
) -> Answer {
    change(&api, &admin, Section::Chains, &name, &headers, Some(value)).await
}

/// Set a storage
///
/// As for a chain. A mask stands for the secret that is there now.
#[utoipa::path(put, path = "/storages/{name}", tag = "configuration", params(("name" = String, Path)), request_body = Object,
    responses((status = 200, body = MemberChanged), (status = 412, body = Problem, content_type = "application/problem+json")))]
pub async fn put_storage(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
    Body(value): Body<Map<String, Value>>,
) -> Answer {
    change(&api, &admin, Section::Storages, &name, &headers, Some(value)).await
}

/// Delete a chain
///
/// Its lists keep what is on them; runs in work end.
#[utoipa::path(delete, path = "/chains/{name}", tag = "configuration", params(("name" = String, Path)),
    responses((status = 200, body = MemberChanged)))]
pub async fn delete_chain(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
) -> Answer {
    change(&api, &admin, Section::Chains, &name, &headers, None).await
}

/// Delete a storage
///
/// Refused while a chain names it. What is in it stays.
#[utoipa::path(delete, path = "/storages/{name}", tag = "configuration", params(("name" = String, Path)),
    responses((status = 200, body = MemberChanged)))]
pub async fn delete_storage(
    admin: Admin,
    State(api): State<Shared>,
    PathOf(name): PathOf<String>,
    headers: HeaderMap,
) -> Answer {
    change(&api, &admin, Section::Storages, &name, &headers, None).await
}

/// Check a configuration
///
/// A whole one, as JSON, in the shape of the configuration file; links that were uploaded count as defined. Answers every problem at once;
/// nothing is changed.
#[utoipa::path(post, path = "/config/validate", tag = "configuration", request_body = Object,
    responses((status = 200, body = Validation), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub async fn validate(_: Admin, State(api): State<Shared>, Body(sent): Body<Map<String, Value>>) -> Answer {
    ok(&api.configuration.validate(&sent).await?)
}

async fn one(api: &Shared, section: Section, name: &str) -> Answer {
    let member = api.configuration.member(section, name).await?;
    Ok(with_etag(reply::json(StatusCode::OK, &member.value), &member.tag))
}

/// Puts or, without a value, deletes a member.
async fn change(
    api: &Shared,
    Admin(actor): &Admin,
    section: Section,
    name: &str,
    headers: &HeaderMap,
    value: Option<Map<String, Value>>,
) -> Answer {
    let precondition = precondition(headers);
    let changed = api
        .configuration
        .change_member(section, name, value.as_ref(), &precondition, actor)
        .await?;
    let response = reply::json(StatusCode::OK, &changed);
    Ok(match &changed.tag {
        Some(tag) => with_etag(response, tag),
        None => response,
    })
}

/// `If-Match` and `If-None-Match: *`.
fn precondition(headers: &HeaderMap) -> Precondition {
    let given = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let one_of = given(header::IF_MATCH).map(|wanted| match wanted {
        "*" => Vec::new(),
        wanted => wanted.split(',').map(tag).collect(),
    });
    Precondition {
        one_of,
        absent: given(header::IF_NONE_MATCH) == Some("*"),
    }
}

/// The tag in an ETag; a text that is no ETag stays as it is, with quotes missing or not, and matches nothing.
fn tag(etag: &str) -> String {
    let etag = etag.trim();
    let inner = etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"'));
    inner.map_or_else(|| format!("{etag:?}"), ToOwned::to_owned)
}

fn with_etag(response: Response, tag: &Tag) -> Response {
    let Ok(value) = HeaderValue::try_from(format!("\"{tag}\"")) else {
        return response;
    };
    ([(header::ETAG, value)], response).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_takes_one_etag_several_or_a_star() {
        let one_of = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(value))]);
            precondition(&headers).one_of.unwrap()
        };
        assert_eq!(one_of("\"a\""), ["a"]);
        assert_eq!(one_of("\"a\", \"b\""), ["a", "b"]);
        assert_eq!(one_of("*"), Vec::<String>::new());
        for not_an_etag in ["a", "W/\"a\"", ""] {
            assert!(
                !one_of(not_an_etag).contains(&"a".to_owned()),
                "{not_an_etag:?} matches the tag a"
            );
        }
        assert_eq!(precondition(&HeaderMap::new()), Precondition::default());
    }
}
