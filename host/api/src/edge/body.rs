//! Reads request bodies.
//!
//! Guarantee: a body never takes more memory than its limit, all large bodies together never more than their budget,
//! and a client that sends slowly is cut off. A body that came in one piece is not copied.
//!
//! Not `http_body_util::Limited` or `axum`'s body limit: they bound one body. The budget for all
//! large bodies together and the minimum speed of a client have no counterpart there.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::{ApiError, ApiState};

/// How long a body may take, whatever its size.
const PATIENCE: Duration = Duration::from_secs(30);
/// A client has to send at least this many bytes a second once its patience is used up: less than any modem in use,
/// so that 64 MiB still get through on a bad line, and one byte at a time does not.
const SLOWEST_BYTES_PER_SECOND: usize = 64 * 1024;
/// Bodies up to this size don't count against the budget for large ones. Most vCons without recordings are smaller.
const SMALL: usize = 256 * 1024;
/// The budget is taken in steps of this size.
const STEP: usize = 1024 * 1024;

/// A body and its share of the budget, given back when dropped.
pub struct Read {
    /// The bytes.
    pub bytes: Bytes,
    /// Held until the request is done with.
    pub permits: Permits,
}

/// A share of the budget for large bodies.
#[derive(Default)]
pub struct Permits(Option<OwnedSemaphorePermit>);

/// How much is read, and what is said to more.
pub struct Bound {
    /// The most bytes.
    pub limit: usize,
    /// The answer to more.
    pub over: ApiError,
}

impl Bound {
    /// The limit of the settings.
    #[must_use]
    pub fn full(api: &ApiState) -> Self {
        let limit = api.settings.max_body_bytes;
        Self {
            limit,
            over: ApiError::TooLarge { limit },
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
/// Larger than the bound, too slow, too many at once, or broken off.
pub async fn read(api: &ApiState, headers: &HeaderMap, mut body: Body, bound: Bound) -> Result<Read, ApiError> {
    if declared(headers).is_some_and(|length| length > bound.limit as u64) {
        return Err(bound.over);
    }
    let began = Instant::now();
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    let mut permits = Permits::default();
    let mut covered = SMALL;
    loop {
        let size = first.len() + rest.len();
        let Some(data) = next(&mut body, deadline(began, size)).await? else {
            break;
        };
        let size = size + data.len();
        if size > bound.limit {
            return Err(bound.over);
        }
        while size > covered {
            permits.grow(api)?;
            covered += STEP;
        }
        if first.is_empty() && rest.is_empty() {
            first = data;
            continue;
        }
        if rest.is_empty() {
            rest.reserve(size);
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&data);
    }
    Ok(Read {
        bytes: if rest.is_empty() { first } else { rest.freeze() },
        permits,
    })
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The longer the body, the later; nothing that keeps the least speed is cut off.
fn deadline(began: Instant, received: usize) -> Instant {
    began + PATIENCE + Duration::from_secs((received / SLOWEST_BYTES_PER_SECOND) as u64)
}

async fn next(body: &mut Body, deadline: Instant) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = tokio::time::timeout_at(deadline, body.frame())
            .await
            .map_err(|_| ApiError::TooSlow)?;
        let Some(frame) = frame else {
            return Ok(None);
        };
        let frame = frame.map_err(|_| ApiError::Undecodable)?;
        // Trailers say nothing that we use.
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
}

impl Permits {
    fn grow(&mut self, api: &ApiState) -> Result<(), ApiError> {
        let step = u32::try_from(STEP / 1024).unwrap_or(u32::MAX);
        let more = api
            .body_budget
            .clone()
            .try_acquire_many_owned(step)
            .map_err(|_| ApiError::Busy)?;
        match &mut self.0 {
            Some(held) => held.merge(more),
            empty @ None => *empty = Some(more),
        }
        Ok(())
    }
}
