//! `/admin/v1/chains` and `/admin/v1/storages`: the configuration in force, one resource for each of its members.
//!
//! Guarantee: a change is checked as a whole configuration is, tried on this host, written in one step with its entry in the audit log, and
//! not over a change that its writer has not seen: `If-Match` takes the ETag of a GET.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{Answer, Body, Entry, PathOf, Problem};
use crate::api::{Shared, reply};
use crate::auth::Admin;
use crate::config::{Checked, Written, mask, read_written_beside, store_copy};
use crate::events::Event;
use crate::names::{ChainName, StorageName};
use crate::registry::LinkError;
use crate::store::ConfigEntries;

/// How often a change is made anew when someone else was faster.
const TRIES: usize = 20;

/// Digits of an ETag: enough that two states of one resource never share it.
const ETAG_DIGITS: usize = 32;

/// A part of the configuration whose members are resources.
#[derive(Clone, Copy)]
enum Section {
    Chains,
    Storages,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Self::Chains => "chains",
            Self::Storages => "storages",
        }
    }

    fn one(self) -> &'static str {
        match self {
            Self::Chains => "chain",
            Self::Storages => "storage",
        }
    }

    fn actions(self) -> (&'static str, &'static str) {
        match self {
            Self::Chains => ("chain.put", "chain.delete"),
            Self::Storages => ("storage.put", "storage.delete"),
        }
    }

    fn check(self, name: &str) -> Result<(), Problem> {
        match self {
            Self::Chains => ChainName::new(name).map(drop)?,
            Self::Storages => StorageName::new(name).map(drop)?,
        }
        Ok(())
    }
}

/// Chains
#[utoipa::path(get, path = "/chains", tag = "configuration", responses((status = 200, body = Object)))]
pub async fn get_chains(_: Admin, State(api): State<Shared>) -> Answer {
    all(&api, Section::Chains).await
}

/// Storages
///
/// Secrets are masked.
#[utoipa::path(get, path = "/storages", tag = "configuration", responses((status = 200, body = Object)))]
pub async fn get_storages(_: Admin, State(api): State<Shared>) -> Answer {
    all(&api, Section::Storages).await
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
    responses((status = 200, body = Object), (status = 412, body = Problem, content_type = "application/problem+json")))]
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
    responses((status = 200, body = Object), (status = 412, body = Problem, content_type = "application/problem+json")))]
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
    responses((status = 200, body = Object)))]
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
    responses((status = 200, body = Object)))]
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
    responses((status = 200, body = Object), (status = 422, body = Problem, content_type = "application/problem+json")))]
pub async fn validate(_: Admin, State(api): State<Shared>, Body(sent): Body<Map<String, Value>>) -> Answer {
    let (_, present) = api.store.load_config().await?;
    let checked = checked(&api, sent, &present)?;
    let entries = store_copy::beside(store_copy::to_entries(&checked.written), &present);
    let found = api.links.check(&entries).await?;
    let warnings: Vec<_> = checked.warnings().chain(&found).collect();
    Ok(reply::json(StatusCode::OK, &json!({"ok": true, "warnings": warnings})))
}

async fn all(api: &Shared, section: Section) -> Answer {
    let (revision, entries) = api.store.load_config().await?;
    let written = mask::mask(&written(&entries)?);
    let members = written.get(section.name()).cloned().unwrap_or_else(|| json!({}));
    Ok(reply::json(
        StatusCode::OK,
        &json!({"revision": revision, section.name(): members}),
    ))
}

async fn one(api: &Shared, section: Section, name: &str) -> Answer {
    let (_, entries) = api.store.load_config().await?;
    let current = written(&entries)?;
    let value = member(&current, section, name).ok_or_else(|| no_such(section, name))?;
    let etag = etag(value);
    let masked = mask::mask(&current);
    let shown = member(&masked, section, name).cloned().unwrap_or_default();
    Ok(with_etag(reply::json(StatusCode::OK, &shown), &etag))
}

/// Puts or, without a value, deletes a member.
async fn change(
    api: &Shared,
    admin: &Admin,
    section: Section,
    name: &str,
    headers: &HeaderMap,
    value: Option<Map<String, Value>>,
) -> Answer {
    section.check(name)?;
    for _ in 0..TRIES {
        let (revision, present) = api.store.load_config().await?;
        let current = written(&present)?;
        let before = member(&current, section, name);
        preconditions(headers, before)?;
        if value.is_none() && before.is_none() {
            return Err(no_such(section, name));
        }
        let checked = checked(api, changed(&current, section, name, value.as_ref())?, &present)?;
        let entries = store_copy::beside(store_copy::to_entries(&checked.written), &present);
        let found = api.links.check(&entries).await?;
        let after = member(&checked.written, section, name);
        let audit = audit(admin, section, name, &current, &checked.written);
        let Ok(revision) = api.store.save_config(&entries, Some(revision), Some(&audit)).await? else {
            continue;
        };
        api.events.tell(|| Event::ConfigChanged {
            revision,
            by: admin.name.clone(),
        });
        let confirmation = api.links.confirm(revision).await?;
        let warnings: Vec<_> = checked.warnings().chain(&found).collect();
        let answer = reply::json(
            StatusCode::OK,
            &json!({
                "name": name, "revision": revision, "deleted": value.is_none(), "warnings": warnings,
                "confirmed": confirmation.confirmed, "unconfirmed": confirmation.unconfirmed,
            }),
        );
        return Ok(match after {
            Some(after) => with_etag(answer, &etag(after)),
            None => answer,
        });
    }
    Err(LinkError::Busy.into())
}

/// The configuration with this member put in or taken out.
fn changed(
    current: &Written,
    section: Section,
    name: &str,
    value: Option<&Map<String, Value>>,
) -> Result<Written, Problem> {
    let mut sent = current.clone();
    let members = sent.entry(section.name()).or_insert_with(|| json!({}));
    if members.is_null() {
        *members = json!({});
    }
    if let Value::Object(members) = members {
        match value {
            Some(value) => drop(members.insert(name.to_owned(), value.clone().into())),
            None => drop(members.shift_remove(name)),
        }
    }
    let unknown = mask::restore(&mut sent, current);
    if unknown.is_empty() {
        return Ok(sent);
    }
    Err(Problem::invalid(format!(
        "{}: there is no secret here that the mask could stand for",
        unknown.join(", ")
    ))
    .fix("write the secret itself, or `{{secret:NAME}}`"))
}

fn checked(api: &Shared, sent: Written, present: &ConfigEntries) -> Result<Checked, Problem> {
    let uploaded = store_copy::uploaded_names(present);
    let checked = read_written_beside(&sent, &api.settings.config_file.to_string_lossy(), &uploaded);
    if checked.config.is_some() {
        return Ok(checked);
    }
    Err(LinkError::Invalid(checked.errors().cloned().collect()).into())
}

fn audit(admin: &Admin, section: Section, name: &str, before: &Written, after: &Written) -> String {
    let shown = |written: &Written| {
        let masked = mask::mask(written);
        member(&masked, section, name).cloned().unwrap_or_default()
    };
    let (put, delete) = section.actions();
    let action = if member(after, section, name).is_some() {
        put
    } else {
        delete
    };
    Entry::new(admin, action, name, shown(before), shown(after)).told()
}

fn written(entries: &ConfigEntries) -> Result<Written, Problem> {
    store_copy::to_written(entries).map_err(|damaged| LinkError::damaged(&damaged).into())
}

fn member<'a>(written: &'a Written, section: Section, name: &str) -> Option<&'a Value> {
    written.get(section.name())?.get(name)
}

fn no_such(section: Section, name: &str) -> Problem {
    let shown: String = name.chars().take(100).collect();
    Problem::not_found(format!("there is no {} {shown:?}", section.one()))
        .fix(format!("GET /admin/v1/{} lists those that there are", section.name()))
}

fn preconditions(headers: &HeaderMap, before: Option<&Value>) -> Result<(), Problem> {
    let given = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is = before.map(etag);
    let failed = |detail: &str| {
        Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "changed",
            "it was changed meanwhile",
            detail,
        )
        .fix("read it again, and make the change on what is there now")
    };
    if let Some(wanted) = given(header::IF_MATCH) {
        let matches = match (&is, wanted) {
            (Some(_), "*") => true,
            (Some(is), wanted) => wanted.split(',').any(|tag| tag.trim() == is),
            (None, _) => false,
        };
        if !matches {
            return Err(failed("it is not the one that If-Match names"));
        }
    }
    if given(header::IF_NONE_MATCH) == Some("*") && is.is_some() {
        return Err(failed("there is one of this name already"));
    }
    Ok(())
}

fn etag(value: &Value) -> String {
    let digest = crate::names::Digest::of(value.to_string().as_bytes());
    let digits: String = digest.as_str().chars().take(ETAG_DIGITS).collect();
    format!("\"{digits}\"")
}

fn with_etag(response: Response, etag: &str) -> Response {
    let Ok(value) = HeaderValue::try_from(etag) else {
        return response;
    };
    ([(header::ETAG, value)], response).into_response()
}
