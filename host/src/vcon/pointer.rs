//! JSON Pointers (RFC 6901).

use std::fmt;

/// A checked JSON Pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer(Box<str>);

impl Pointer {
    /// Checks a text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(_text: &str) -> Result<Self, String> {
        todo!()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
