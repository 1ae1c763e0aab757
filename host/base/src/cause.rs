//! The cause at the end of an error's chain.
//!
//! Guarantee: follows [`Error::source`] to its end, so errors that hide their cause end the search.

use std::error::Error;

/// The innermost cause. It says what happened ("connection refused"), where the outer errors tend
/// to repeat the address. The error itself if it has no cause.
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
    #[error("no answer from the service")]
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
