//! Events as they happen, on any host.
//!
//! Guarantee: a client that is too slow misses events and holds up nobody; a host that stops ends its answers; what other programs put
//! on the bus is not passed on.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Line, KeepAlive, Sse};
use futures::StreamExt as _;
use futures::stream;
use http::StatusCode;
use serde::Deserialize;

use super::{Answer, Problem, QueryOf};
use crate::Shared;
use crate::auth::Admin;
use vconduit_engine::events::{HEARD_WITHIN, NAMES};

/// Between two signs of life: below the minute after which proxies close what is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The longest event that is passed on; real ones are some hundred bytes.
const MOST_BYTES: usize = 64 * 1024;

/// `?types=`
#[derive(Debug, Deserialize)]
pub struct Wanted {
    types: Option<String>,
}

impl Wanted {
    /// The names of the events asked for.
    fn names(&self) -> Result<Vec<&'static str>, Problem> {
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
                return Err(Problem::invalid(detail).fix(format!(
                    "ask for some of {}, or for all of a kind: vcon, link, config, host",
                    NAMES.join(", ")
                )));
            }
        }
        Ok(wanted)
    }
}

/// Only the name is looked at: the rest is passed on as it came.
#[derive(Deserialize)]
struct Named {
    event: String,
}

/// What happens
///
/// Server-sent events: `event` is the name, `data` a JSON object. Nothing is kept for those who don't listen. Other hosts notice a listener
/// within a second; the comment `every host tells` is sent when they have. The stream ends when this host stops: connect again.
#[utoipa::path(
    get, path = "/events", tag = "admin: hosts",
    params(("types" = Option<String>, Query, description = "only these, with commas between them: names like `vcon.failed`, or kinds like `link`")),
    responses(
        (status = 200, description = "events, as they happen", body = String, content_type = "text/event-stream"),
        (status = 429, description = "too many listen on this host", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn get_events(_: Admin, State(api): State<Shared>, QueryOf(wanted): QueryOf<Wanted>) -> Answer {
    let wanted = wanted.names()?;
    let Ok(place) = api.event_streams.clone().try_acquire_owned() else {
        let detail = "all places for listeners on this host are taken";
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-listeners",
            "too many listeners",
            detail,
        )
        .fix("listen on another host, or to the Redis channel vconduit:events"));
    };
    let told = api.store.subscribe().await?;
    api.events.heard_on_bus();
    let told = told.filter_map(move |text| {
        let line = line(&text, &wanted);
        async move { line }
    });
    let comments = stream::iter([("listening", Duration::ZERO), ("every host tells", HEARD_WITHIN)]);
    let comments = comments.then(async |(comment, after)| {
        tokio::time::sleep(after).await;
        Line::default().comment(comment)
    });
    let lines = stream::select(comments.boxed(), told)
        .take_until(api.stopping.clone().cancelled_owned())
        .map(move |line| {
            // Held as long as the stream.
            let _ = &place;
            Ok::<_, Infallible>(line)
        });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(lines).keep_alive(keep_alive).into_response())
}

fn line(text: &str, wanted: &[&'static str]) -> Option<Line> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let named: Named = serde_json::from_str(text).ok()?;
    let name = wanted.iter().find(|name| **name == named.event)?;
    Some(Line::default().event(name).data(text))
}
