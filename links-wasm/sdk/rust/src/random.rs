//! Random numbers of cryptographic quality, from the host.

use crate::bindings::link::vcon::link::random as host;

/// Returns a number evenly distributed in [0, 1).
pub fn uniform() -> f64 {
    host::uniform()
}

/// Returns random bytes, at most 64 KiB.
pub fn bytes(length: u32) -> Vec<u8> {
    host::bytes(length)
}

/// Returns a random (version 4) UUID.
pub fn uuid() -> String {
    uuid_from(&bytes(16))
}

fn uuid_from(random: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in random.iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn version_and_variant_are_set() {
        assert_eq!(super::uuid_from(&[0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::uuid_from(&[0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
