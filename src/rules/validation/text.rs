//! Checks of single texts and numbers, with upstream's wording: DNS names, addresses, ports,
//! durations, and Go's way of quoting.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};
use std::time;

use crate::model::Duration;

pub(crate) use crate::yaml::is_placeholder;

/// A text in double quotes, escaped as Go's `%q` does.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            c if c.is_ascii_control() => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() || (c.is_whitespace() && c != ' ') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether it is a DNS label as Istio sees it: at most 63 of letters, digits and inner hyphens.
pub(crate) fn is_dns_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    label.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// Whether it is `*`, a DNS label, or `*` or `*-` before a DNS label.
fn is_wildcard_label(label: &str) -> bool {
    if label.len() > 63 {
        return false;
    }
    match label.strip_prefix('*') {
        None => is_dns_label(label),
        Some("") => true,
        Some(rest) => is_dns_label(rest.strip_prefix('-').unwrap_or(rest)),
    }
}

/// Whether Go's `strconv.Atoi` reads it.
fn is_go_integer(text: &str) -> bool {
    !text.is_empty() && text.parse::<i64>().is_ok()
}

fn domain_length(name: &str) -> Result<(), String> {
    if name.len() > 255 {
        Err(format!("domain name {} too long (max 255)", quote(name)))
    } else if name.is_empty() {
        Err("empty domain name not allowed".to_owned())
    } else {
        Ok(())
    }
}

fn domain_labels(name: &str) -> Result<(), String> {
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_go_integer(last) {
        return Err(format!(
            "domain name {} invalid (top level domain {} cannot be all-numeric)",
            quote(name),
            quote(last)
        ));
    }
    let mut labels = name.split('.').peekable();
    while let Some(label) = labels.next() {
        let is_root = label.is_empty() && labels.peek().is_none();
        if !is_root && !is_dns_label(label) {
            return Err(format!(
                "domain name {} invalid (label {} invalid)",
                quote(name),
                quote(label)
            ));
        }
    }
    Ok(())
}

/// A domain name without wildcard; a dot at its end is fine.
pub(crate) fn fqdn(name: &str) -> Result<(), String> {
    domain_length(name)?;
    domain_labels(name)
}

/// A domain name whose first label may be or begin with a wildcard.
pub(crate) fn wildcard_domain(name: &str) -> Result<(), String> {
    domain_length(name)?;
    let (head, rest) = match name.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (name, None),
    };
    if !is_wildcard_label(head) {
        return Err(format!(
            "domain name {} invalid (label {} invalid)",
            quote(name),
            quote(head)
        ));
    }
    rest.map_or(Ok(()), domain_labels)
}

/// A trust domain: labels joined by dots.
pub(crate) fn trust_domain(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("empty domain name not allowed".to_owned());
    }
    let mut labels = name.split('.').peekable();
    while let Some(label) = labels.next() {
        let is_root = label.is_empty() && labels.peek().is_none();
        if !is_root && !is_dns_label(label) {
            return Err(format!("trust domain name {} invalid", quote(name)));
        }
    }
    Ok(())
}

/// Whether it is an address as Go's `netip.ParseAddr` reads it: dotted IPv4 without leading
/// zeros, or IPv6, perhaps with a zone.
pub(crate) fn is_ip(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<IpAddr>().is_ok(),
    }
}

/// A prefix as Go's `netip.ParsePrefix` reads it; host bits may be set.
pub(crate) fn cidr(text: &str) -> Result<(), String> {
    let fail = |why: &str| Err(format!("netip.ParsePrefix({}): {why}", quote(text)));
    let Some((address, bits)) = text.rsplit_once('/') else {
        return fail("no '/'");
    };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) if is_ip(address) => return fail("IPv6 zones cannot be present in a prefix"),
        Err(_) => {
            return fail(&format!(
                "ParseAddr({}): unable to parse IP",
                quote(address)
            ));
        }
    };
    let leading_zero = bits.len() > 1 && bits.starts_with('0');
    if bits.is_empty() || leading_zero || !bits.bytes().all(|b| b.is_ascii_digit()) {
        return fail(&format!("bad bits after slash: {}", quote(bits)));
    }
    if bits.parse::<u32>().is_ok_and(|bits| bits <= most) {
        Ok(())
    } else {
        fail("prefix length out of range")
    }
}

/// An address, or a prefix if it holds exactly one slash.
pub(crate) fn subnet(text: &str) -> Result<(), String> {
    if text.matches('/').count() == 1 {
        cidr(text).map_err(|_| format!("{text} is not a valid CIDR block"))
    } else if is_ip(text) {
        Ok(())
    } else {
        Err(format!("{text} is not a valid IP"))
    }
}

/// A port's number.
pub(crate) fn port(number: impl Into<i64>) -> Result<(), String> {
    let number = number.into();
    if (1..=65535).contains(&number) {
        Ok(())
    } else {
        Err(format!(
            "port number {number} must be in the range 1..65535"
        ))
    }
}

/// A span of at least a millisecond, in whole milliseconds.
pub(crate) fn duration(duration: Duration) -> Result<(), &'static str> {
    const MILLISECOND: i64 = 1_000_000;
    if duration.0 < MILLISECOND {
        Err("duration must be greater than 1ms")
    } else if duration.0 % MILLISECOND == 0 {
        Ok(())
    } else {
        Err("only durations to ms precision are supported")
    }
}

/// A duration as Go prints it: `2h0m0s`, `1.5s`, `100ms`.
pub(crate) fn go_duration(duration: Duration) -> String {
    let sign = if duration.0 < 0 { "-" } else { "" };
    let span = time::Duration::from_nanos(duration.0.unsigned_abs());
    let nanos = span.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let fraction = |whole: u128, unit: u128, suffix: &str| {
        let digits = unit.ilog10() as usize;
        let rest = format!("{:0digits$}", whole % unit);
        let rest = rest.trim_end_matches('0');
        let dot = if unit == 1 || rest.is_empty() {
            ""
        } else {
            "."
        };
        let rest = if unit == 1 { "" } else { rest };
        format!("{}{dot}{rest}{suffix}", whole / unit)
    };
    let text = if nanos < 1_000 {
        fraction(nanos, 1, "ns")
    } else if nanos < 1_000_000 {
        fraction(nanos, 1_000, "µs")
    } else if nanos < 1_000_000_000 {
        fraction(nanos, 1_000_000, "ms")
    } else {
        let (hours, minutes) = (span.as_secs() / 3600, span.as_secs() / 60 % 60);
        let seconds = fraction(nanos % 60_000_000_000, 1_000_000_000, "s");
        match (hours, minutes) {
            (0, 0) => seconds,
            (0, minutes) => format!("{minutes}m{seconds}"),
            (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
        }
    };
    format!("{sign}{text}")
}

/// A percentage in whole numbers.
pub(crate) fn percent(number: i32) -> Result<(), String> {
    if (0..=100).contains(&number) {
        Ok(())
    } else {
        Err(format!("percentage {number} is not in range 0..100"))
    }
}

/// `host:port`, with IPv6 hosts in brackets.
pub(crate) fn proxy_address(address: &str) -> Result<(), String> {
    let (host, port_text) = split_host_port(address).map_err(|why| {
        let at = if address.is_empty() {
            String::new()
        } else {
            format!("address {address}: ")
        };
        format!("unable to split {}: {at}{why}", quote(address))
    })?;
    let number = atoi(port_text)
        .map_err(|why| format!("port ({port_text}) is not a number: strconv.Atoi: {why}"))?;
    port(number)?;
    if fqdn(host).is_ok() || is_ip(host) {
        Ok(())
    } else {
        Err(format!(
            "{} is not a valid hostname or an IP address",
            quote(host)
        ))
    }
}

/// Go's `net.SplitHostPort`.
pub(crate) fn split_host_port(text: &str) -> Result<(&str, &str), &'static str> {
    const MISSING_PORT: &str = "missing port in address";
    const TOO_MANY_COLONS: &str = "too many colons in address";
    let Some((before, port)) = text.rsplit_once(':') else {
        return Err(MISSING_PORT);
    };
    let (host, inner, outer) = if let Some(rest) = text.strip_prefix('[') {
        let Some((host, after)) = rest.split_once(']') else {
            return Err("missing ']' in address");
        };
        if after.is_empty() {
            return Err(MISSING_PORT);
        }
        if after.strip_prefix(':') != Some(port) {
            return Err(if after.starts_with(':') {
                TOO_MANY_COLONS
            } else {
                MISSING_PORT
            });
        }
        (host, rest, after)
    } else {
        if before.contains(':') {
            return Err(TOO_MANY_COLONS);
        }
        (before, text, text)
    };
    if inner.contains('[') {
        return Err("unexpected '[' in address");
    }
    if outer.contains(']') {
        return Err("unexpected ']' in address");
    }
    Ok((host, port))
}

/// Go's `strconv.Atoi`, with its error text behind `strconv.Atoi: `.
pub(crate) fn atoi(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| {
        use std::num::IntErrorKind::{NegOverflow, PosOverflow};
        let why = match error.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("parsing {}: {why}", quote(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains() {
        for name in ["a", "a.b", "a.b.", "A-1.b", "x.y.z"] {
            assert_eq!(fqdn(name), Ok(()), "{name}");
        }
        for (name, message) in [
            ("", "empty domain name not allowed"),
            ("*.b", r#"domain name "*.b" invalid (label "*" invalid)"#),
            (
                "a.1",
                r#"domain name "a.1" invalid (top level domain "1" cannot be all-numeric)"#,
            ),
        ] {
            assert_eq!(fqdn(name), Err(message.to_owned()));
        }
        for name in ["*", "*.a.b", "*-a.b", "*foo.com", "reviews", "Foo.COM."] {
            assert_eq!(wildcard_domain(name), Ok(()), "{name}");
        }
        for name in ["*.*.b", "a*.b", "10.1.1.1", "foo.*.com", "*--a"] {
            assert!(wildcard_domain(name).is_err(), "{name}");
        }
    }

    #[test]
    fn addresses() {
        for text in ["1.2.3.4", "::1", "fe80::1%eth0"] {
            assert!(is_ip(text), "{text}");
        }
        for text in ["", "01.2.3.4", "1.2.3", "fe80::1%", "1.2.3.4%eth0"] {
            assert!(!is_ip(text), "{text}");
        }
        for text in ["10.0.0.1/8", "::/0", "1.2.3.4/32"] {
            assert_eq!(cidr(text), Ok(()), "{text}");
        }
        for text in [
            "10.0.0.0/33",
            "10.0/16",
            "::/129",
            "1.1.1.1/+8",
            "1.1.1.1/08",
        ] {
            assert!(cidr(text).is_err(), "{text}");
        }
    }

    #[test]
    fn host_and_port() {
        for text in ["a:1", "[::1]:15012", "10.0.0.1:80"] {
            assert_eq!(proxy_address(text), Ok(()), "{text}");
        }
        for (text, message) in [
            ("", r#"unable to split "": missing port in address"#),
            (
                "a:b:c",
                r#"unable to split "a:b:c": address a:b:c: too many colons in address"#,
            ),
            (
                "s:http",
                r#"port (http) is not a number: strconv.Atoi: parsing "http": invalid syntax"#,
            ),
            (
                "[::1]",
                r#"unable to split "[::1]": address [::1]: missing port in address"#,
            ),
            ("a_1:1", r#""a_1" is not a valid hostname or an IP address"#),
        ] {
            assert_eq!(proxy_address(text), Err(message.to_owned()));
        }
    }

    #[test]
    fn durations_print_as_in_go() {
        for (nanos, text) in [
            (0, "0s"),
            (7_200_000_000_000, "2h0m0s"),
            (1_500_000_000, "1.5s"),
            (100_000_000, "100ms"),
            (1_500, "1.5µs"),
            (-61_000_000_000, "-1m1s"),
            (12, "12ns"),
        ] {
            assert_eq!(go_duration(Duration(nanos)), text);
        }
    }
}
