//! Which addresses a link may be connected to.
//!
//! Not the standard library's `is_global`: it is unstable, and its ranges could change with the
//! compiler.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Anyone's.
    Public,
    /// This machine's or this network's, or an address that hides another one: only with a grant that says `private`.
    Private,
    /// Not one host, or none at all: never.
    Never,
}

/// What kind of place an address is.
pub(super) fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => place_v4(address),
        IpAddr::V6(address) => place_v6(address),
    }
}

fn place_v4(address: Ipv4Addr) -> Place {
    match address.octets() {
        // Connecting to 0.0.0.0 reaches this machine. 240/4 is reserved, its last one is broadcast.
        [0, ..] | [224..=255, ..] => Place::Never,
        [127 | 10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [169, 254, ..] => Place::Private,
        // Carrier-grade NAT, protocol assignments, benchmarking.
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => Place::Private,
        // Documentation: nobody's.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Place::Never,
        _ => Place::Public,
    }
}

fn place_v6(address: Ipv6Addr) -> Place {
    let segments = address.segments();
    // An address that carries an IPv4 one is never better than private: what it reaches is decided by some translator on the way.
    if let Some(inner) = embedded(segments) {
        return place_v4(inner).max(Place::Private);
    }
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] | [0xff00..=0xffff, ..] => Place::Never,
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Private,
        // Unique-local, link-local, the old site-local.
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfeff, ..] => Place::Private,
        // NAT64 of this network, Teredo.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => Place::Private,
        // Discard-only, documentation.
        [0x100, 0, 0, 0, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Place::Never,
        // Only 2000::/3 is given out.
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Never,
    }
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 address.
fn embedded(segments: [u16; 8]) -> Option<Ipv4Addr> {
    let (high, low) = match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => (high, low),
        [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => (high, low),
        [0x2002, high, low, ..] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Place {
        place(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_this_machine_and_network_are_private() {
        for text in [
            "127.0.0.1",
            "127.255.255.254",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "198.18.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "64:ff9b:1::1",
            "2001::1",
        ] {
            assert_eq!(of(text), Place::Private, "{text}");
        }
    }

    #[test]
    fn an_ipv6_address_that_hides_an_ipv4_one_is_private_or_worse() {
        for text in [
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::8.8.8.8",
            "2002:7f00:1::",
            "2002:808:808::1",
            "::ffff:0:127.0.0.1",
        ] {
            assert_eq!(of(text), Place::Private, "{text}");
        }
        for text in ["::ffff:0.0.0.0", "::ffff:224.0.0.1", "2002::1"] {
            assert_eq!(of(text), Place::Never, "{text}");
        }
    }

    #[test]
    fn what_is_not_one_host_is_never_reached() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "203.0.113.9",
            "::",
            "ff02::1",
            "2001:db8::1",
            "4000::1",
        ] {
            assert_eq!(of(text), Place::Never, "{text}");
        }
    }

    #[test]
    fn the_rest_is_public() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.169.0.1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
        ] {
            assert_eq!(of(text), Place::Public, "{text}");
        }
    }
}
