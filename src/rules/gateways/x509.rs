//! Certificates of Secrets: base64, PEM, and as much of X.509 as tells when they are valid.

/// Whether the text holds certificates that are valid now: its first PEM block parses, and every
/// certificate in it is within its time, where `now` tells it in seconds since 1970.
pub(super) fn is_valid_chain(pem: &[u8], now: Option<i64>) -> bool {
    let Some(block) = first_block(pem) else {
        return false;
    };
    let mut rest = block.as_slice();
    loop {
        let Some((certificate, after)) = element(rest, SEQUENCE) else {
            return false;
        };
        let is_valid = validity(certificate)
            .is_some_and(|(from, until)| now.is_none_or(|now| (from..=until).contains(&now)));
        if !is_valid {
            return false;
        }
        if after.is_empty() {
            return true;
        }
        rest = after;
    }
}

/// The bytes of the first PEM block.
fn first_block(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?;
    let mut lines = text.lines().map(str::trim_end);
    let label = lines.find_map(|line| {
        line.strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.strip_suffix("-----"))
    })?;
    let end = format!("-----END {label}-----");
    let mut body = String::new();
    for line in lines {
        if line == end {
            return base64(body.as_bytes());
        }
        // Headers of old formats such as `Proc-Type: 4,ENCRYPTED`.
        if !line.contains(':') {
            body.push_str(line.trim());
        }
    }
    None
}

/// Decodes standard base64; white space is skipped.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0u32, 0u32, 0u32);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            let [_, a, b, c] = bits.to_be_bytes();
            out.extend([a, b, c]);
            (bits, count) = (0, 0);
        }
    }
    let [_, a, b, _] = (bits << (6 * (4 - count))).to_be_bytes();
    match (count, padding) {
        (0, 0) => {}
        (2, 2) => out.push(a),
        (3, 1) => out.extend([a, b]),
        _ => return None,
    }
    Some(out)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The content of the DER element at the front, if it has the tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (own, content, rest) = any_element(bytes)?;
    (own == tag).then_some((content, rest))
}

fn any_element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let size = usize::from(first & 0x7f);
        let digits = rest.get(..size).filter(|_| (1..=4).contains(&size))?;
        let length = digits
            .iter()
            .fold(0usize, |length, digit| length << 8 | usize::from(*digit));
        (length, rest.get(size..)?)
    };
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

/// The first and the last second of a certificate, if its parts are those of one.
fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    let (signed, rest) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, BIT_STRING)?;
    if !rest.is_empty() {
        return None;
    }
    let signed = element(signed, VERSION).map_or(signed, |(_, rest)| rest);
    let (_serial, signed) = element(signed, INTEGER)?;
    let (_algorithm, signed) = element(signed, SEQUENCE)?;
    let (_issuer, signed) = element(signed, SEQUENCE)?;
    let (validity, signed) = element(signed, SEQUENCE)?;
    let (_subject, signed) = element(signed, SEQUENCE)?;
    let (key, _) = element(signed, SEQUENCE)?;
    let (_algorithm, key) = element(key, SEQUENCE)?;
    element(key, BIT_STRING)?;
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some((from, until))
}

/// Seconds since 1970 of the time at the front.
fn time(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (tag, content, rest) = any_element(bytes)?;
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let (year, text) = match tag {
        UTC_TIME => {
            let (year, text) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, text)
        }
        GENERALIZED_TIME => {
            let (year, text) = text.split_at_checked(4)?;
            (year.parse().ok()?, text)
        }
        _ => return None,
    };
    let mut parts = [0i64; 5];
    for (index, part) in parts.iter_mut().enumerate() {
        *part = text.get(index * 2..index * 2 + 2)?.parse().ok()?;
    }
    let [month, day, hour, minute, second] = parts;
    Some((
        days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second,
        rest,
    ))
}

/// Days since 1970-01-01 in the Gregorian calendar (Hinnant's algorithm).
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn base64_is_decoded() {
        for (text, expected) in [
            ("", Some("")),
            ("TQ==", Some("M")),
            ("TWE=", Some("Ma")),
            ("TW\nFu", Some("Man")),
            ("TWF", None),
            ("TQ=", None),
            ("T", None),
            ("T*==", None),
            ("TQ==TQ==", None),
        ] {
            let expected = expected.map(|text| text.as_bytes().to_vec());
            assert_eq!(base64(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn days_are_counted() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11017);
        assert_eq!(days(1969, 12, 31), -1);
    }

    /// A certificate of P-256, self-signed, valid in the years 2020 to 2030.
    fn certificate(from: &str, until: &str) -> Vec<u8> {
        fn der(tag: u8, content: &[u8]) -> Vec<u8> {
            let mut out = vec![tag, 0x82];
            out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
            out.extend(content);
            out
        }
        let empty = der(SEQUENCE, &[]);
        let time = |text: &str| der(UTC_TIME, text.as_bytes());
        let validity = der(SEQUENCE, &[time(from), time(until)].concat());
        let bits = der(BIT_STRING, &[0]);
        let key = der(SEQUENCE, &[empty.clone(), bits.clone()].concat());
        let signed = [
            der(INTEGER, &[0]),
            empty.clone(),
            empty.clone(),
            validity,
            empty.clone(),
            key,
        ];
        der(
            SEQUENCE,
            &[der(SEQUENCE, &signed.concat()), empty, bits].concat(),
        )
    }

    fn pem(der: &[u8]) -> Vec<u8> {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for chunk in der.chunks(3) {
            let mut bits = 0u32;
            for index in 0..3 {
                bits = bits << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
            }
            for index in 0..4usize {
                let digit = (bits >> (18 - 6 * index)) & 63;
                let is_padding = index > chunk.len();
                text.push(if is_padding {
                    '='
                } else {
                    char::from(DIGITS[digit as usize])
                });
            }
        }
        text.push_str("\n-----END CERTIFICATE-----\n");
        text.into_bytes()
    }

    #[test]
    fn certificates_are_valid_within_their_time() {
        let good = certificate("200101000000Z", "300101000000Z");
        let old = certificate("000101000000Z", "010101000000Z");
        let now = Some(days(2025, 6, 1) * 86400);
        assert!(is_valid_chain(&pem(&good), now));
        assert!(!is_valid_chain(&pem(&good), Some(days(2031, 1, 1) * 86400)));
        assert!(!is_valid_chain(&pem(&old), now));
        assert!(is_valid_chain(
            &pem(&[good.clone(), good.clone()].concat()),
            now
        ));
        assert!(!is_valid_chain(&pem(&[good.clone(), old].concat()), now));
        assert!(is_valid_chain(&pem(&good), None));
        let cut: Vec<u8> = good.iter().copied().take(good.len() - 1).collect();
        assert!(!is_valid_chain(&pem(&cut), now));
        assert!(!is_valid_chain(b"no certificate", now));
        assert!(!is_valid_chain(b"-----BEGIN CERTIFICATE-----\nTQ==\n", now));
    }
}
