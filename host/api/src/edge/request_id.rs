//! Request ids: that of the client if it is short and plain, else a new one.
//!
//! Not `tower-http`'s request id layers: they accept any text of a client as the id. This id is
//! written to the log, so its length and characters are limited.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Header of the id, in requests and in every response.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of an id that a client may choose. It is in every log line of the request.
const MAX_CHARS: usize = 128;

/// The id of one request. Always printable ASCII.
#[derive(Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that the client sent, or a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        match headers.get(&HEADER) {
            Some(value) if sane(value.as_bytes()) => Self(value.clone()),
            _ => Self::random(),
        }
    }

    fn random() -> Self {
        let id = format!("{:032x}", rand::random::<u128>());
        Self(HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-")))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("-")
    }

    /// The id as the value of a header.
    #[must_use]
    pub fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn sane(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    !id.is_empty() && id.len() <= MAX_CHARS && id.iter().all(allowed)
}
