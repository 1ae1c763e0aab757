//! Days in the layouts of storages.
//!
//! Guarantee: [`is_day`] accepts nothing that could lead out of a folder.

/// Returns true for a text of the form `YYYY/MM/DD`. Its digits need not be a date.
pub fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(position, byte)| {
            if matches!(position, 4 | 7) {
                byte == b'/'
            } else {
                byte.is_ascii_digit()
            }
        })
}
