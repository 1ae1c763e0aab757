//! Events of all hosts, as they happen.
//!
//! Guarantee: a client that is too slow misses events and delays nobody. A host that stops ends its
//! responses. Texts of other programs on the bus are not passed on.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Line, KeepAlive, Sse};
use futures::StreamExt as _;
use futures::stream;
use http::StatusCode;
use serde::Deserialize;

use super::{Admin, ProblemDocument, QueryOf, Reply};
use crate::Shared;
use vconduit_engine::events::{HEARD_WITHIN, NAMES};

/// Time between two signs of life. Proxies close a silent connection after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Bytes of an event that is passed on. Events of vConduit have some hundred.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// The events that a client wants.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Names of events, like `vcon.failed`, or kinds, like `link`, with commas between them; by
    /// default all.
    types: Option<String>,
}

impl Wanted {
    /// Names of the wanted events.
    fn names(&self) -> Result<Vec<&'static str>, ProblemDocument> {
        let Some(types) = &self.types else {
            return Ok(NAMES.to_vec());
        };
        let mut wanted = Vec::new();
        for kind in types.split(',').map(str::trim) {
            let of_kind = |name: &&str| *name == kind || name.split('.').next() == Some(kind);
            let found = NAMES.iter().copied().filter(of_kind);
            let before = wanted.len();
            wanted.extend(found);
            if wanted.len() == before {
                let shown: String = kind.chars().take(100).collect();
                let detail = format!("there are no events {shown:?}");
                return Err(ProblemDocument::invalid(detail).fix(format!(
                    "ask for some of {}, or for all of a kind: vcon, link, config, host",
                    NAMES.join(", ")
                )));
            }
        }
        Ok(wanted)
    }
}

/// The part of an event that is parsed. The text is passed on as it is.
#[derive(Deserialize)]
struct Named {
    event: String,
}

/// Listen to events
///
/// Server-sent events of all hosts: `event` is the name, `data` a JSON object. Events are not kept
/// for clients that do not listen. Other hosts notice a client within a second; the comment `every
/// host tells` is sent when they have. The stream ends when this host stops: connect again.
#[utoipa::path(
    get, path = "/events", tag = "admin: hosts", params(Wanted),
    responses(
        (status = 200, description = "events, as they happen", body = String, content_type = "text/event-stream"),
        (status = 429, description = "too many clients listen on this host", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub async fn get_events(_: Admin, State(api): State<Shared>, QueryOf(wanted): QueryOf<Wanted>) -> Reply {
    let wanted = wanted.names()?;
    let Ok(place) = api.event_streams.clone().try_acquire_owned() else {
        return Err(too_many_listeners());
    };
    let events = api.monitor.events().await?;
    let events = events.filter_map(move |text| {
        let line = line(&text, &wanted);
        async move { line }
    });
    let comments = stream::iter([("listening", Duration::ZERO), ("every host tells", HEARD_WITHIN)]);
    let comments = comments.then(async |(comment, after)| {
        tokio::time::sleep(after).await;
        Line::default().comment(comment)
    });
    let lines = stream::select(comments.boxed(), events)
        .take_until(api.stopping.clone().cancelled_owned())
        .map(move |line| {
            // Held as long as the stream.
            let _ = &place;
            Ok::<_, Infallible>(line)
        });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(lines).keep_alive(keep_alive).into_response())
}

fn too_many_listeners() -> ProblemDocument {
    ProblemDocument::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-listeners",
        "too many listeners",
        "all places for listeners on this host are taken",
    )
    .fix("listen on another host, or to the Redis channel vconduit:events")
}

/// The event as it is sent; nothing when the client does not want it.
fn line(text: &str, wanted: &[&'static str]) -> Option<Line> {
    if text.len() > MAX_EVENT_BYTES {
        return None;
    }
    let named: Named = serde_json::from_str(text).ok()?;
    let name = wanted.iter().find(|name| **name == named.event)?;
    Some(Line::default().event(name).data(text))
}
