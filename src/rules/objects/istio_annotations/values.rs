//! What the values of annotations must look like.

use std::str::FromStr;

use crate::model::mesh_config::ProxyConfig;
use crate::rules::validation::mesh_config::proxy_config_problem;

/// A form that a value must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// An interception mode.
    Mode,
    /// A port number.
    Port,
    /// A number of 32 bits without sign.
    Uint32,
    /// Port numbers separated by commas.
    Ports,
    /// The same, or `*`.
    PortsOrStar,
    /// Address ranges separated by commas.
    Cidrs,
    /// The same, or `*`.
    CidrsOrStar,
    /// Names of network interfaces separated by commas.
    Interfaces,
    /// A boolean as Go reads it.
    Bool,
    /// A quantity of Kubernetes.
    Quantity,
    /// A ProxyConfig in YAML.
    ProxyConfig,
}

impl Check {
    /// What is wrong with the value, if anything is.
    pub(super) fn problem(self, value: &str) -> Option<String> {
        match self {
            Self::Mode => (!["REDIRECT", "TPROXY", "NONE"].contains(&value))
                .then(|| format!("{value:?} is none of REDIRECT, TPROXY, NONE")),
            Self::Port => port(value),
            Self::Uint32 => number(value, u64::from(u32::MAX)),
            Self::PortsOrStar | Self::CidrsOrStar if value == "*" => None,
            Self::Ports | Self::PortsOrStar => ports(value),
            Self::Cidrs | Self::CidrsOrStar => cidrs(value),
            Self::Interfaces => interfaces(value),
            Self::Bool => (!BOOLS.contains(&value))
                .then(|| format!("{value:?} is no boolean; write true or false")),
            Self::Quantity => quantity(value),
            Self::ProxyConfig => proxy_config(value),
        }
    }
}

const BOOLS: [&str; 12] = [
    "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
];

fn number(value: &str, most: u64) -> Option<String> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("{value:?} is no number"));
    }
    (!value.parse().is_ok_and(|number: u64| number <= most))
        .then(|| format!("{value:?} is more than {most}"))
}

fn port(value: &str) -> Option<String> {
    number(value.trim(), 65535).map(|problem| format!("{problem}, a port was expected"))
}

fn ports(value: &str) -> Option<String> {
    if value.trim().is_empty() {
        return None;
    }
    value.split(',').find_map(port)
}

fn cidrs(value: &str) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    let wrong = value
        .split(',')
        .find(|part| !part.contains('/') || ipnet::IpNet::from_str(part).is_err())?;
    Some(format!(
        "{wrong:?} is no address range such as 10.0.0.0/8 or fd00::/8"
    ))
}

fn interfaces(value: &str) -> Option<String> {
    if value.trim().is_empty() {
        return None;
    }
    value.split(',').map(str::trim).find_map(|name| {
        let mut letters = name.chars();
        let Some(first) = letters.next() else {
            return Some("the name of an interface is empty".to_owned());
        };
        if name.len() > 15 {
            return Some(format!(
                "the interface {name:?} has more than 15 characters"
            ));
        }
        let is_valid = first.is_ascii_alphabetic()
            && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        (!is_valid).then(|| format!("{name:?} cannot be the name of an interface"))
    })
}

fn quantity(value: &str) -> Option<String> {
    if value.chars().any(char::is_control) {
        return Some("the value holds control characters".to_owned());
    }
    (!is_quantity(value)).then(|| format!("{value:?} is no quantity such as 100m or 128Mi"))
}

/// Whether Kubernetes reads the text as a quantity: an optional sign, digits with an optional
/// fraction, and a suffix or an exponent.
fn is_quantity(value: &str) -> bool {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    let is_suffix = matches!(
        suffix,
        "" | "n"
            | "u"
            | "m"
            | "k"
            | "M"
            | "G"
            | "T"
            | "P"
            | "E"
            | "Ki"
            | "Mi"
            | "Gi"
            | "Ti"
            | "Pi"
            | "Ei"
    );
    let is_exponent = || {
        suffix
            .strip_prefix(['e', 'E'])
            .is_some_and(|exponent| exponent.parse::<i32>().is_ok())
    };
    has_digit && digits.matches('.').count() <= 1 && (is_suffix || is_exponent())
}

fn proxy_config(value: &str) -> Option<String> {
    if value.trim().is_empty() {
        return None;
    }
    match serde_yaml::from_str::<Option<ProxyConfig>>(value) {
        Ok(config) => proxy_config_problem(&config.unwrap_or_default()),
        Err(error) => Some(format!("the proxy config cannot be decoded: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_accepted_or_not() {
        use Check as C;
        for (check, good, bad) in [
            (C::Mode, &["TPROXY"][..], &["tproxy", ""][..]),
            (
                C::Port,
                &["0", " 80 ", "65535"],
                &["65536", "-1", "http", ""],
            ),
            (
                C::Uint32,
                &["0", "4294967295"],
                &["4294967296", " 1", "+1", ""],
            ),
            (
                C::Ports,
                &["", " ", "80, 443", "0"],
                &["80,", "*", "80;443"],
            ),
            (C::PortsOrStar, &["*", "80"], &["*,80"]),
            (
                C::Cidrs,
                &["", "10.1.2.3/8,fd00::/8"],
                &["10.0.0.1", "*", "10.0.0.0/8, 10.1.0.0/16"],
            ),
            (C::CidrsOrStar, &["*"], &["*,10.0.0.0/8"]),
            (
                C::Interfaces,
                &["", "eth0, net1.2"],
                &["eth0,", "0eth", "a234567890123456", "a b"],
            ),
            (C::Bool, &["t", "False"], &["yes", "", "tRue"]),
            (
                C::Quantity,
                &["100m", "0.5", ".5", "1e3", "128Mi", "-1", "5."],
                &["", "1 Gi", "1gi", "1.2.3", "."],
            ),
            (
                C::ProxyConfig,
                &["", "{}", "concurrency: 2", "unheard: of"],
                &["concurrency: two", "[]"],
            ),
        ] {
            for value in good {
                assert_eq!(check.problem(value), None, "{check:?} {value:?}");
            }
            for value in bad {
                assert!(check.problem(value).is_some(), "{check:?} {value:?}");
            }
        }
    }
}
