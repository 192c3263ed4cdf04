//! Durations as Go's `time.ParseDuration` reads them.

use serde::{Deserialize, Deserializer};

/// A span of time in nanoseconds, written `1h30m`, `0.25s`, `10ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Duration(pub i64);

impl Duration {
    /// Parses an optional sign and one or more `<decimal><unit>` with the units `ns`, `us`, `µs`,
    /// `ms`, `s`, `m`, `h`; or `0`. `None` for anything else or when it does not fit 64 bits.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (whole, tail) = rest.split_at(digits);
            let (fraction, tail) = match tail.strip_prefix('.') {
                Some(tail) => {
                    let digits = tail
                        .find(|c: char| !c.is_ascii_digit())
                        .unwrap_or(tail.len());
                    tail.split_at(digits)
                }
                None => ("", tail),
            };
            if whole.is_empty() && fraction.is_empty() {
                return None;
            }
            let unit_end = tail
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            let scale: i128 = match unit {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => return None,
            };
            let whole: i128 = if whole.is_empty() {
                0
            } else {
                whole.parse().ok()?
            };
            total = total.checked_add(whole.checked_mul(scale)?)?;
            let mut place = scale;
            for digit in fraction.bytes() {
                place /= 10;
                total += i128::from(digit - b'0') * place;
            }
            rest = tail;
        }
        i64::try_from(if negative { -total } else { total })
            .ok()
            .map(Self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    /// The name of the newtype lets the YAML deserializer check the text and go on after a bad
    /// one; other deserializers get an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Duration")]
        struct Text(ecow::EcoString);
        let Text(text) = Text::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("invalid duration {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn reads_what_go_reads() {
        for (text, nanos) in [
            ("0", Some(0)),
            ("1ms", Some(1_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("0.25s", Some(250_000_000)),
            (".5s", Some(500_000_000)),
            ("-1s", Some(-1_000_000_000)),
            ("5", None),
            ("", None),
            ("s", None),
            ("1 s", None),
            ("99999999999999h", None),
        ] {
            assert_eq!(Duration::parse(text).map(|d| d.0), nanos, "{text}");
        }
    }
}
