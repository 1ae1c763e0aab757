//! The name of a vCon id in a file system or an object store.
//!
//! Guarantee: the name is one path segment, never `.` or `..`, never hidden, and at most
//! [`MAX_BYTES`] long. A UUID is its own name. Two ids never share a name.

use std::fmt::Write as _;

use vcon_document::VconId;
use vconduit_base::names::Digest;

/// Maximum length of a name, in bytes. File systems allow 255. The rest is for extensions and the
/// marks of temporary files.
const MAX_BYTES: usize = 180;

/// Returns the id, with every character percent-encoded that has a meaning in a path, a glob or a
/// shell.
pub fn stored_name(id: &VconId) -> String {
    let mut name = String::with_capacity(id.as_str().len());
    for (position, byte) in id.as_str().bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'@' | b'+' | b'=' | b',' | b':')
            || (byte == b'.' && position > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    if name.len() <= MAX_BYTES {
        return name;
    }
    // No encoded name begins with `%%`, so no other id has this name.
    format!("%%{}", Digest::of(id.as_str().as_bytes()))
}
