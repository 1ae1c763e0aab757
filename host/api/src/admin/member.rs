//! A chain or a storage as a resource: its value, its ETag, and the state that a change is for.
//!
//! Guarantee: a change is checked as a whole configuration is, tried on this host, and saved in one
//! step with its entry in the audit log. It does not replace a change that its writer has not seen:
//! `If-Match` takes the ETag of a GET.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::{Admin, Reply};
use crate::Shared;
use crate::edge::reply;
use vconduit_engine::control::configuration::{Precondition, Section, Tag};

/// A change of a chain or a storage.
pub(super) struct Change<'a> {
    pub section: Section,
    pub name: &'a str,
    pub headers: &'a HeaderMap,
    /// The new value; nothing deletes the chain or storage.
    pub value: Option<Map<String, Value>>,
}

/// Responds with a chain or a storage.
pub(super) async fn show(api: &Shared, section: Section, name: &str) -> Reply {
    let member = api.configuration.member(section, name).await?;
    Ok(with_etag(reply::json(StatusCode::OK, &member.value), &member.tag))
}

/// Sets or deletes a chain or a storage.
pub(super) async fn change(api: &Shared, Admin(actor): &Admin, change: Change<'_>) -> Reply {
    let (section, name, value) = (change.section, change.name, change.value.as_ref());
    let precondition = precondition(change.headers);
    let changed = api
        .configuration
        .change_member(section, name, value, &precondition, actor);
    let (changed, tag) = changed.await?;
    let response = reply::json(StatusCode::OK, &changed);
    Ok(match &tag {
        Some(tag) => with_etag(response, tag),
        None => response,
    })
}

/// The state that `If-Match` and `If-None-Match: *` name.
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

/// The tag in an ETag. A text that is no ETag becomes one that matches nothing.
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
