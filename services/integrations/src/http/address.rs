//! Which addresses are public, by IANA's registries of special purpose addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const NOT_PUBLIC_V4: [(Ipv4Net, &str); 14] = [
    (v4([0, 0, 0, 0], 8), "an address of this machine"),
    (v4([10, 0, 0, 0], 8), "a private address"),
    (
        v4([100, 64, 0, 0], 10),
        "an address inside a provider's network",
    ),
    (v4([127, 0, 0, 0], 8), "an address of this machine"),
    (v4([169, 254, 0, 0], 16), LINK_LOCAL),
    (v4([172, 16, 0, 0], 12), "a private address"),
    (v4([192, 0, 0, 0], 24), "an address of the protocol's own"),
    (v4([192, 0, 2, 0], 24), "an address for examples"),
    (v4([192, 168, 0, 0], 16), "a private address"),
    (v4([198, 18, 0, 0], 15), "an address for measurements"),
    (v4([198, 51, 100, 0], 24), "an address for examples"),
    (v4([203, 0, 113, 0], 24), "an address for examples"),
    (v4([224, 0, 0, 0], 4), MULTICAST),
    // The broadcast address is its last.
    (v4([240, 0, 0, 0], 4), "a reserved address"),
];

/// All public addresses of the sixth version begin so.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0], 3);

const NOT_PUBLIC_V6: [(Ipv6Net, &str); 8] = [
    // Teredo, benchmarks, overlays and the like.
    (v6([0x2001, 0, 0], 23), "an address of the protocol's own"),
    (v6([0x2001, 0xdb8, 0], 32), "an address for examples"),
    (v6([0x3fff, 0, 0], 20), "an address for examples"),
    (v6([0xfc00, 0, 0], 7), "a private address"),
    (v6([0xfe80, 0, 0], 10), LINK_LOCAL),
    (v6([0xfec0, 0, 0], 10), "a private address"),
    (v6([0xff00, 0, 0], 8), MULTICAST),
    // Translation within an operator's own network.
    (v6([0x64, 0xff9b, 1], 48), "a private address"),
];

const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0], 96);
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0], 16);
/// Amazon's metadata service, within the private addresses.
const METADATA_V6: Ipv6Net = v6([0xfd00, 0xec2, 0], 32);

/// Likewise outside link-local: of Azure, Alibaba and Oracle.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

const LINK_LOCAL: &str = "a link-local address";
const METADATA: &str = "a cloud's metadata address";
const MULTICAST: &str = "a multicast address";

/// Why an address is not public, or nothing if it is.
pub(super) fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => not_public_v4(address),
        IpAddr::V6(address) => not_public_v6(address),
    }
}

/// Why nobody has a server at an address, on whatever network.
pub(super) fn never_a_server(address: IpAddr) -> Option<&'static str> {
    // What is written in the sixth version's manner is reached by the fourth's.
    let address = address.to_canonical();
    let metadata = matches!(address, IpAddr::V6(address) if METADATA_V6.contains(&address));
    not_public(address)
        .filter(|&why| why == LINK_LOCAL || why == MULTICAST || why == METADATA || metadata)
}

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    if METADATA_V4.contains(&address) {
        return Some(METADATA);
    }
    NOT_PUBLIC_V4
        .iter()
        .find(|(net, _)| net.contains(&address))
        .map(|(_, why)| *why)
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some((_, why)) = NOT_PUBLIC_V6.iter().find(|(net, _)| net.contains(&address)) {
        return Some(why);
    }
    let octets = address.octets();
    // A gateway carries these on to an address of the fourth version.
    if NAT64.contains(&address) {
        return not_public_v4(Ipv4Addr::new(
            octets[12], octets[13], octets[14], octets[15],
        ));
    }
    if SIX_TO_FOUR.contains(&address) {
        return not_public_v4(Ipv4Addr::new(octets[2], octets[3], octets[4], octets[5]));
    }
    // Among the others: unspecified, loopback, mapped and compatible ones. A name has no reason to lead there.
    (!GLOBAL_V6.contains(&address)).then_some("no public address")
}

const fn v4([a, b, c, d]: [u8; 4], prefix_length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix_length)
}

const fn v6([a, b, c]: [u16; 3], prefix_length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix_length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_public_or_not() {
        for (address, public) in [
            ("1.1.1.1", true),
            ("8.8.8.8", true),
            ("9.255.255.255", true),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("192.0.1.1", true),
            ("223.255.255.255", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.0", false),
            ("10.255.255.255", false),
            ("100.64.0.0", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("168.63.129.16", false),
            ("100.100.100.200", false),
            ("192.0.0.192", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.0.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.7", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2a00:1450:4001:81b::200e", true),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("::ffff:0:10.0.0.1", false),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b:1::8.8.8.8", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:20::1", false),
            ("2001:db8::1", false),
            ("2001:4860:4860::8888", true),
            ("2002:808:808::1", true),
            ("2002:7f00:1::1", false),
            ("2002:a9fe:a9fe::", false),
            ("2002:c0a8:101::1", false),
            ("3fff::1", false),
            ("5f00::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            let why = not_public(address.parse().unwrap());
            assert_eq!(why.is_none(), public, "{address}: {why:?}");
        }
    }

    #[test]
    fn on_any_network_some_addresses_are_no_servers() {
        for (address, may_be) in [
            ("10.0.0.1", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("fd12:3456::1", true),
            ("8.8.8.8", true),
            ("169.254.169.254", false),
            ("168.63.129.16", false),
            ("100.100.100.200", false),
            ("::ffff:169.254.169.254", false),
            ("64:ff9b::169.254.169.254", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("224.0.0.1", false),
            ("ff02::1", false),
        ] {
            let why = never_a_server(address.parse().unwrap());
            assert_eq!(why.is_none(), may_be, "{address}: {why:?}");
        }
    }
}
