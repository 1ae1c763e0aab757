//! Reads request bodies.
//!
//! Guarantee: a body never takes more memory than its limit, all large bodies together never take
//! more than their budget, and a client that sends too slowly is cut off. A body that arrives in
//! one piece is not copied.
//!
//! Not `http_body_util::Limited` or `axum`'s body limit: they bound one body. The budget for all
//! large bodies together and the minimum speed of a client have no counterpart there.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Time that a body may take, whatever its size.
const PATIENCE: Duration = Duration::from_secs(30);
/// After [`PATIENCE`], the lowest speed of a client in bytes a second. Any line in use is faster:
/// 64 MiB get through on a bad line, and one byte at a time does not.
const MIN_BYTES_PER_SECOND: usize = 64 * 1024;
/// Largest body in bytes that takes nothing of the budget. Most vCons without recordings are
/// smaller.
const MAX_SMALL_BYTES: usize = 256 * 1024;
/// The budget is taken in steps of this many bytes.
const STEP_BYTES: usize = 1024 * 1024;
/// The budget in bodies of the largest size. With the default of 64 MiB for one body, all large
/// bodies together take half a GiB at most, however many clients there are.
const MAX_LARGE_BODIES: usize = 8;

/// Memory for large bodies that are being read, shared by all requests.
#[derive(Debug, Clone)]
pub struct BodyBudget {
    /// One permit for each KiB.
    permits: Arc<Semaphore>,
}

/// A body that has been read, with its share of the budget.
pub struct ReadBody {
    /// The bytes.
    pub bytes: Bytes,
    /// Share of the budget. Hold it as long as the bytes or what is made of them.
    pub share: BudgetShare,
}

/// A share of the budget for large bodies, given back when dropped.
#[derive(Debug, Default)]
pub struct BudgetShare(Option<OwnedSemaphorePermit>);

/// Reasons why a body was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body is too large.
    #[error("the body is larger than {limit} bytes; the setting VCONDUIT_MAX_BODY_BYTES raises the limit")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body took too long.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The budget for large bodies is used up.
    #[error("too many large bodies are being read; try again")]
    Busy,
    /// The client broke off, or its chunks can't be decoded.
    #[error("There was an error parsing the body")]
    Broken,
}

impl BodyBudget {
    /// A budget for bodies of this many bytes at most.
    #[must_use]
    pub fn new(max_body_bytes: usize) -> Self {
        let kib = (max_body_bytes / 1024)
            .saturating_mul(MAX_LARGE_BODIES)
            .clamp(1, Semaphore::MAX_PERMITS);
        Self {
            permits: Arc::new(Semaphore::new(kib)),
        }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// The body is larger than `limit` bytes, too slow, or broken off; too many large bodies are
    /// being read.
    pub async fn read(&self, headers: &HeaderMap, mut body: Body, limit: usize) -> Result<ReadBody, BodyError> {
        if declared(headers).is_some_and(|length| length > limit as u64) {
            return Err(BodyError::TooLarge { limit });
        }
        let began = Instant::now();
        let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
        let mut share = BudgetShare::default();
        let mut covered = MAX_SMALL_BYTES;
        loop {
            let size = first.len() + rest.len();
            let Some(data) = next(&mut body, deadline(began, size)).await? else {
                break;
            };
            let size = size + data.len();
            if size > limit {
                return Err(BodyError::TooLarge { limit });
            }
            while size > covered {
                share.grow(self)?;
                covered += STEP_BYTES;
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
        Ok(ReadBody {
            bytes: if rest.is_empty() { first } else { rest.freeze() },
            share,
        })
    }
}

impl BudgetShare {
    fn grow(&mut self, budget: &BodyBudget) -> Result<(), BodyError> {
        let step = u32::try_from(STEP_BYTES / 1024).unwrap_or(u32::MAX);
        let more = budget.permits.clone().try_acquire_many_owned(step);
        let more = more.map_err(|_| BodyError::Busy)?;
        match &mut self.0 {
            Some(held) => held.merge(more),
            empty @ None => *empty = Some(more),
        }
        Ok(())
    }
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The time by which the next bytes have to be there. A client that keeps the lowest speed is never
/// cut off.
fn deadline(began: Instant, received_bytes: usize) -> Instant {
    began + PATIENCE + Duration::from_secs((received_bytes / MIN_BYTES_PER_SECOND) as u64)
}

async fn next(body: &mut Body, deadline: Instant) -> Result<Option<Bytes>, BodyError> {
    loop {
        let frame = tokio::time::timeout_at(deadline, body.frame())
            .await
            .map_err(|_| BodyError::TooSlow)?;
        let Some(frame) = frame else {
            return Ok(None);
        };
        let frame = frame.map_err(|_| BodyError::Broken)?;
        // Trailers are not used.
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
}
