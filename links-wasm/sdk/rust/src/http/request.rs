//! Builder of requests. Nothing is sent before `send`.

use super::url::Url;
use super::{Error, Response, redirect, retry, wire};
use crate::json;
use serde::Serialize;
use std::time::Duration;

/// A request. [`get`], [`post`] … make one, and [`send`](Request::send) sends it.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: String,
    pub(super) url: Result<Url, Error>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Duration,
    pub(super) redirects: u32,
    pub(super) retries: u32,
    pub(super) max_answer_bytes: usize,
}

/// Makes a GET request.
pub fn get(url: &str) -> Request {
    request("GET", url)
}

/// Makes a POST request.
pub fn post(url: &str) -> Request {
    request("POST", url)
}

/// Makes a PUT request.
pub fn put(url: &str) -> Request {
    request("PUT", url)
}

/// Makes a PATCH request.
pub fn patch(url: &str) -> Request {
    request("PATCH", url)
}

/// Makes a DELETE request.
pub fn delete(url: &str) -> Request {
    request("DELETE", url)
}

/// Makes a request with any method.
pub fn request(method: &str, url: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: Url::parse(url),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Duration::from_secs(30),
        redirects: 10,
        retries: 0,
        max_answer_bytes: 16 << 20,
    }
}

impl Request {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body, which is sent as it is.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// Sets the body to JSON. Also sets `content-type` unless it is set already.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match json::write(body) {
            Ok(text) => self.body(text).content_type("application/json"),
            Err(_) => {
                self.url = Err(Error::BadRequest("the body can't be written as JSON".into()));
                self
            }
        }
    }

    /// Sets `content-type` unless it is set already.
    pub fn content_type(self, value: &str) -> Self {
        match self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            true => self,
            false => self.header("content-type", value),
        }
    }

    /// Limits the time of one try, to the last byte of the response. Default: 30 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Limits the number of redirects. Default: 10. With 0, the redirect itself is returned.
    pub fn redirects(self, redirects: u32) -> Self {
        Self { redirects, ..self }
    }

    /// Sets the number of retries when the service is unavailable or busy (429, 502, 503, 504).
    /// Default: 0, for requests that must not happen twice.
    pub fn retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// Limits the body of the response, in bytes. Default: 16 MiB.
    pub fn max_answer_bytes(self, max_answer_bytes: usize) -> Self {
        Self {
            max_answer_bytes,
            ..self
        }
    }

    /// Sends the request and returns the response, whatever its status. See
    /// [`Response::error_for_status`].
    pub fn send(self) -> Result<Response, Error> {
        retry::send(&self, |request| redirect::follow(request.clone(), wire::exchange))
    }

    pub(super) fn target(&self) -> Result<&Url, Error> {
        self.url.as_ref().map_err(Clone::clone)
    }

    /// Returns the host of the URL, for messages.
    pub(super) fn place(&self) -> String {
        self.url
            .as_ref()
            .map_or_else(|_| "?".to_owned(), |url| url.authority.clone())
    }
}
