//! Shared text of a document.
//!
//! Guarantee: neither a clone nor the conversion from a `String` copies the text. An `Arc<str>`
//! made of a `String` copies all of it, into fresh pages that the kernel has to clear. For
//! megabytes that is the largest part of the cost.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

/// The JSON text of a document, shared between its clones. Dereferences to [`str`].
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(Arc<String>);

impl Text {
    /// Returns the text as bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        struct Shared(Text);
        impl AsRef<[u8]> for Shared {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
        Bytes::from_owner(Shared(self))
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Arc::new(text))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<std::borrow::Cow<'_, str>> for Text {
    fn from(text: std::borrow::Cow<'_, str>) -> Self {
        text.into_owned().into()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
