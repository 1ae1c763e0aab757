//! Kinds of addresses: those that a link may connect to, and those that it must not.
//!
//! The standard library's `is_global` is not used, because it is unstable and its ranges could
//! change with the compiler.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wasmtime_wasi_http::Error;

/// Kind of an address, from the least to the most restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AddressKind {
    /// An address of the public internet.
    Public,
    /// An address of this machine or network, or one that embeds another address. It needs a grant
    /// with `private: true`.
    Private,
    /// Not the address of one host. It is always refused.
    Refused,
}

impl AddressKind {
    /// Returns the kind of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

/// Checks that a link may connect to an address. `private` is true if its grant permits private
/// addresses.
pub(super) fn check(address: IpAddr, private: bool) -> Result<(), Error> {
    match AddressKind::of(address) {
        AddressKind::Public => Ok(()),
        AddressKind::Private if private => Ok(()),
        AddressKind::Private | AddressKind::Refused => Err(Error::DestinationIpProhibited),
    }
}

fn of_v4(address: Ipv4Addr) -> AddressKind {
    match address.octets() {
        // Connecting to 0.0.0.0 reaches this machine. 240/4 is reserved, and its last address is
        // broadcast.
        [0, ..] | [224..=255, ..] => AddressKind::Refused,
        [127 | 10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [169, 254, ..] => AddressKind::Private,
        // Carrier-grade NAT, protocol assignments, benchmarking.
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => AddressKind::Private,
        // Documentation, assigned to no one.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressKind::Refused,
        _ => AddressKind::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> AddressKind {
    let segments = address.segments();
    // An address that embeds an IPv4 address is at least private: a translator on the way decides
    // what it reaches.
    if let Some(embedded) = embedded(segments) {
        return of_v4(embedded).max(AddressKind::Private);
    }
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] | [0xff00..=0xffff, ..] => AddressKind::Refused,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressKind::Private,
        // Unique-local, link-local, the old site-local.
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfeff, ..] => AddressKind::Private,
        // NAT64 of this network, Teredo.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => AddressKind::Private,
        // Discard-only, documentation.
        [0x100, 0, 0, 0, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressKind::Refused,
        // Only 2000::/3 is assigned.
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        _ => AddressKind::Refused,
    }
}

/// Returns the IPv4 address embedded in a mapped, compatible, NAT64 or 6to4 address.
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

    fn of(text: &str) -> AddressKind {
        AddressKind::of(text.parse().unwrap())
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
            assert_eq!(of(text), AddressKind::Private, "{text}");
        }
    }

    #[test]
    fn an_ipv6_address_that_embeds_an_ipv4_address_is_private_or_refused() {
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
            assert_eq!(of(text), AddressKind::Private, "{text}");
        }
        for text in ["::ffff:0.0.0.0", "::ffff:224.0.0.1", "2002::1"] {
            assert_eq!(of(text), AddressKind::Refused, "{text}");
        }
    }

    #[test]
    fn an_address_that_is_not_one_host_is_refused() {
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
            assert_eq!(of(text), AddressKind::Refused, "{text}");
        }
    }

    #[test]
    fn all_other_addresses_are_public() {
        for text in [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.169.0.1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
        ] {
            assert_eq!(of(text), AddressKind::Public, "{text}");
        }
    }
}
