//! Retries: only where they may help, after a growing wait, and never past the end of the call.
//!
//! Not a retry crate: the host's clock does the waiting, and the duration of a wait depends on the
//! end of the call and the service's `Retry-After`.

use super::{Error, Request, Response};
use crate::{clock, random};
use std::time::Duration;

const FIRST_WAIT: Duration = Duration::from_millis(250);
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Sends until there is a response, the retries are used up, or the next wait would exceed the
/// call.
pub(super) fn send(
    request: &Request,
    mut once: impl FnMut(&Request) -> Result<Response, Error>,
) -> Result<Response, Error> {
    let mut retry = 0;
    loop {
        let result = once(request);
        let worth_it = match &result {
            Ok(response) => is_transient_status(response.status()),
            Err(error) => error.is_transient(),
        };
        if !worth_it || retry == request.retries {
            return result;
        }
        let asked = result
            .as_ref()
            .ok()
            .and_then(Response::retry_after_ms)
            .map(Duration::from_millis);
        let wait = asked.unwrap_or_else(|| backoff(retry, random::uniform()));
        if wait >= clock::remaining() {
            return result;
        }
        clock::sleep(wait);
        retry += 1;
    }
}

pub(super) fn is_transient_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504)
}

/// Returns the wait before a retry. It doubles each time. A random part of up to half is
/// subtracted, so that many links don't retry at once.
fn backoff(retry: u32, random: f64) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(retry)).min(MAX_WAIT);
    wait.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Result<Response, Error> {
        Ok(Response::new(status, vec![], vec![]))
    }

    #[test]
    fn the_wait_grows_to_a_limit() {
        assert_eq!(backoff(0, 0.0), Duration::from_millis(125));
        assert_eq!(backoff(2, 1.0), Duration::from_secs(1));
        assert_eq!(backoff(40, 1.0), MAX_WAIT);
    }

    #[test]
    fn without_retries_there_is_one_try() {
        let mut tries = 0;
        let result = send(&super::super::get("http://a.test/"), |_| {
            tries += 1;
            answer(503)
        });
        assert_eq!((tries, result.unwrap().status()), (1, 503));
    }

    #[test]
    fn a_refusal_is_not_tried_again() {
        let mut tries = 0;
        let result = send(&super::super::get("http://a.test/").retries(3), |_| {
            tries += 1;
            answer(404)
        });
        assert_eq!((tries, result.unwrap().status()), (1, 404));
    }
}
