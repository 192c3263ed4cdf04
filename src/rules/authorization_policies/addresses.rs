//! Addresses in rules: which blocks are addresses of the internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::sources;
use crate::model::Str;
use crate::model::security::{AuthorizationPolicy, Source};
use crate::path;
use crate::yaml::FieldPath;

/// The first public block of each list of addresses of peers, with its place. Sources that also
/// ask for an identity know whom they mean.
pub(super) fn public_blocks(
    policy: &AuthorizationPolicy,
) -> impl Iterator<Item = (FieldPath, &Str)> {
    sources(policy)
        .filter(|(_, source)| !asks_for_identity(source))
        .flat_map(|((i, j), source)| {
            let lists = [
                ("ipBlocks", &source.ip_blocks),
                ("notIpBlocks", &source.not_ip_blocks),
            ];
            lists.into_iter().filter_map(move |(list, blocks)| {
                let k = blocks.iter().position(|block| is_public(block))?;
                let place = path!["spec", "rules", i, "from", j, "source", list, k];
                Some((place, blocks.get(k)?))
            })
        })
}

fn asks_for_identity(source: &Source) -> bool {
    !(source.principals.is_empty()
        && source.namespaces.is_empty()
        && source.service_accounts.is_empty())
}

/// Whether an address or block is of the internet: not private, of the host, of the link or of a
/// carrier, and not all addresses.
fn is_public(block: &str) -> bool {
    let (address, bits) = block.split_once('/').unwrap_or((block, ""));
    if bits == "0" {
        return false;
    }
    match address.parse() {
        Ok(IpAddr::V4(address)) => !is_own_v4(address),
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(inner) => !is_own_v4(inner),
            None => !is_own_v6(address),
        },
        Err(_) => false,
    }
}

fn is_own_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let is_of_carrier = a == 100 && (64..128).contains(&b);
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_unspecified()
        || is_of_carrier
}

fn is_own_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn addresses_of_the_internet_are_told_from_those_of_a_network() {
        for (block, expected) in [
            ("203.0.113.7", true),
            ("203.0.113.0/24", true),
            ("2001:db8::/32", true),
            ("0.0.0.0/0", false),
            ("::/0", false),
            ("10.1.0.0/16", false),
            ("172.20.0.0/16", false),
            ("192.168.7.1", false),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("100.64.0.0/10", false),
            ("100.128.0.0/16", true),
            ("fd00::/8", false),
            ("fe80::1", false),
            ("::ffff:10.0.0.1", false),
            ("${OFFICE}", false),
        ] {
            assert_eq!(is_public(block), expected, "{block}");
        }
    }
}
