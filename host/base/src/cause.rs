//! The innermost cause of an error.
//!
//! Guarantee: follows [`Error::source`] to its end. An error that does not return its source ends
//! the search.

use std::error::Error;

/// Returns the innermost cause of an error, or the error itself if it has none. The innermost cause
/// says what happened ("connection refused"), while the outer errors tend to repeat the address.
pub fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no response from the service")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn the_innermost_cause_is_returned() {
        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(root_cause(&error).to_string(), "connection refused");
        let alone = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert_eq!(
            root_cause(&alone).to_string(),
            alone.to_string(),
            "an error without cause"
        );
    }
}
