//! The response to a request, read to its end.

use super::Error;
use serde::de::DeserializeOwned;

/// A response of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Response {
    pub(super) fn new(status: u16, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// Returns the status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns true if the status is from 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// Returns the body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Returns the body, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.body
    }

    /// Returns the body as text.
    pub fn text(self) -> Result<String, Error> {
        String::from_utf8(self.body).map_err(|_| Error::BadAnswer("the body is not UTF-8 text".into()))
    }

    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::BadAnswer(format!("the body is not the expected JSON: {error}")))
    }

    /// Returns an error if the status is 400 or above.
    pub fn error_for_status(self) -> Result<Self, Error> {
        match self.status {
            400.. => Err(Error::Status {
                status: self.status,
                retry_after_ms: self.retry_after_ms(),
            }),
            _ => Ok(self),
        }
    }

    /// Returns the time in the header `retry-after` in milliseconds, if the header is in seconds.
    pub(super) fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.header("retry-after")?.trim().parse().ok()?;
        seconds.checked_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    #[test]
    fn a_busy_service_says_when_to_come_back() {
        let response = Response::new(429, vec![("Retry-After".into(), b"2".to_vec())], vec![]);
        let failure = Failure::from(response.error_for_status().unwrap_err());
        assert!(failure.retryable);
        assert_eq!(failure.retry_after_ms, Some(2000));
    }

    #[test]
    fn a_refusal_is_not_worth_a_retry() {
        let failure = Failure::from(Response::new(403, vec![], vec![]).error_for_status().unwrap_err());
        assert!(!failure.retryable);
    }
}
