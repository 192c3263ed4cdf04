//! The version of Istio that manifests are written for.

use std::fmt;
use std::str::FromStr;

/// A minor version of Istio, from 1.20 to the newest that the rules know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IstioVersion {
    minor: u8,
}

impl IstioVersion {
    /// The oldest version that can be asked for.
    pub const OLDEST: Self = Self::minor(20);
    /// The version that the rules were written after.
    pub const NEWEST: Self = Self::minor(31);

    /// Version `1.minor`.
    pub const fn minor(minor: u8) -> Self {
        Self { minor }
    }
}

impl Default for IstioVersion {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for IstioVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

/// A version that no rule knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Istio {0:?} is not known; versions {old} to {new} are", old = IstioVersion::OLDEST, new = IstioVersion::NEWEST)]
pub struct UnknownVersion(String);

impl FromStr for IstioVersion {
    type Err = UnknownVersion;

    /// Reads `1.27`, with or without `v` before it and a patch release behind it.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let number = text.strip_prefix('v').unwrap_or(text);
        let mut parts = number.split('.');
        let (major, minor, patch, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        minor
            .filter(|minor| major == Some("1") && is_number(minor))
            .filter(|_| patch.is_none_or(is_number) && rest.is_none())
            .and_then(|minor| minor.parse().ok())
            .map(Self::minor)
            .filter(|version| (Self::OLDEST..=Self::NEWEST).contains(version))
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_versions_are_read() {
        for text in ["1.27", "v1.27", "1.27.3"] {
            assert_eq!(text.parse(), Ok(IstioVersion::minor(27)), "{text}");
        }
        for text in [
            "1.19", "1.32", "2.27", "1", "1.", "1.+27", "1.27.x", "1.27.1.2", "",
        ] {
            assert!(text.parse::<IstioVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_version_is_answered_with_the_range() {
        let error = "1.9"
            .parse::<IstioVersion>()
            .map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("Istio \"1.9\" is not known; versions 1.20 to 1.31 are".to_owned())
        );
    }
}
