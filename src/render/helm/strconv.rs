//! Go's notation of strings and numbers.

use super::ast::Number;
use super::lexer::decode;

/// The bytes that a quoted string of Go stands for.
pub(super) fn unquote(source: &[u8]) -> Option<Vec<u8>> {
    let (first, rest) = source.split_first()?;
    let (last, inner) = rest.split_last()?;
    if first != last {
        return None;
    }
    if *first == b'`' {
        let without = inner.iter().copied().filter(|byte| *byte != b'\r');
        return Some(without.collect());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(byte) = inner.get(at) {
        if *byte != b'\\' {
            out.push(*byte);
            at += 1;
            continue;
        }
        let (char, len, raw) = escape(inner.get(at + 1..)?, *first)?;
        at += 1 + len;
        match raw {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Some(out)
}

/// What follows a backslash: the character, the bytes it takes, and the byte if it is one.
fn escape(rest: &[u8], quote: u8) -> Option<(char, usize, Option<u8>)> {
    let simple = |char: char| Some((char, 1, None));
    let hex = |digits: usize| -> Option<u32> {
        let text = std::str::from_utf8(rest.get(1..=digits)?).ok()?;
        u32::from_str_radix(text, 16).ok()
    };
    match *rest.first()? {
        b'a' => simple('\u{7}'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'v' => simple('\u{b}'),
        b'\\' => simple('\\'),
        byte if byte == quote => simple(char::from(byte)),
        b'x' => Some(('\0', 3, Some(u8::try_from(hex(2)?).ok()?))),
        b'u' => Some((char::from_u32(hex(4)?)?, 5, None)),
        b'U' => Some((char::from_u32(hex(8)?)?, 9, None)),
        b'0'..=b'7' => {
            let text = std::str::from_utf8(rest.get(..3)?).ok()?;
            let byte = u8::from_str_radix(text, 8).ok()?;
            Some(('\0', 3, Some(byte)))
        }
        _ => None,
    }
}

/// A numeric or character constant.
pub(super) fn number(source: &[u8]) -> Option<Number> {
    if source.first() == Some(&b'\'') {
        let bytes = unquote(source)?;
        let (char, len) = decode(&bytes)?;
        if len != bytes.len() {
            return None;
        }
        return Some(Number {
            int: Some(i64::from(u32::from(char))),
            float: Some(f64::from(u32::from(char))),
            written_as_float: false,
        });
    }
    let text = std::str::from_utf8(source).ok()?;
    let hex = text.contains(['x', 'X']);
    let fraction = text.contains(['.', 'p', 'P']) || (!hex && text.contains(['e', 'E']));
    if !fraction {
        let int = parse_int(text)?;
        return Some(Number {
            int: Some(i64::try_from(int).ok()?),
            #[expect(clippy::cast_precision_loss, reason = "as Go converts it")]
            float: Some(int as f64),
            written_as_float: false,
        });
    }
    let float = parse_float(text)?;
    Some(Number {
        int: whole(float),
        float: Some(float),
        written_as_float: true,
    })
}

/// A float as an integer, if it is one.
pub(super) fn whole(float: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let int = float as i64;
    #[expect(clippy::cast_precision_loss, reason = "compared below")]
    let back = int as f64;
    #[expect(clippy::float_cmp, reason = "exact by intent")]
    let same = back == float && float.abs() < 9.2e18;
    same.then_some(int)
}

/// An integer in Go's notation with any base: `0x`, `0o`, `0b`, a leading zero for octal, and
/// underscores between digits.
pub(super) fn parse_int(text: &str) -> Option<i128> {
    let (negative, digits) = sign(text);
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let body = if body.contains('_') {
        underscores(body, radix != 10)?
    } else {
        body.to_owned()
    };
    if body.is_empty() || body.len() > 60 || body.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(&body, radix).ok()?;
    Some(if negative { -value } else { value })
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    }
}

/// The digits without the underscores, which may stand between digits only.
fn underscores(body: &str, prefixed: bool) -> Option<String> {
    let misplaced =
        body.contains("__") || body.ends_with('_') || (!prefixed && body.starts_with('_'));
    (!misplaced).then(|| body.replace('_', ""))
}

/// A float in Go's notation, hexadecimal ones included.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let (negative, digits) = sign(text);
    let lower = digits.to_ascii_lowercase();
    let value = if let Some(hex) = lower.strip_prefix("0x") {
        // Without an exponent it is no float.
        hex_float(hex).filter(|_| hex.contains('p'))?
    } else {
        match lower.as_str() {
            "inf" | "infinity" => f64::INFINITY,
            "nan" => f64::NAN,
            _ => {
                let clean = if lower.contains('_') {
                    underscores(&lower, false)?
                } else {
                    lower
                };
                let fits = clean
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
                if !fits || !clean.bytes().any(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                clean.parse().ok()?
            }
        }
    };
    Some(if negative { -value } else { value })
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let shift = i32::try_from(fraction.len()).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(value * 2.0_f64.powi(exponent.checked_sub(shift.checked_mul(4)?)?))
}

/// Whether Go prints the character as it is.
fn is_printable(char: char) -> bool {
    !matches!(
        u32::from(char),
        0..0x20
            | 0x7f..=0xa0
            | 0xad
            | 0x2028
            | 0x2029
            | 0xfeff
            | 0x200b..=0x200f
            | 0x202a..=0x202f
            | 0x205f..=0x206f
            | 0x3000
            | 0xe000..=0xf8ff
            | 0xfff0..=0xfffb
            | 0x2000..=0x200a
            | 0x1680
            | 0xf0000..
    )
}

/// Appends the escapes of Go's `%q` for what stands at the start of `bytes`; how many bytes that
/// was.
pub(super) fn escape_into(out: &mut Vec<u8>, bytes: &[u8], quote: u8) -> usize {
    let Some((char, len)) = decode(bytes) else {
        return 0;
    };
    let first = bytes.first().copied().unwrap_or(0);
    if len == 1 && first >= 0x80 {
        out.extend_from_slice(format!("\\x{first:02x}").as_bytes());
        return 1;
    }
    let simple: Option<&[u8]> = match char {
        '\u{7}' => Some(b"\\a"),
        '\u{8}' => Some(b"\\b"),
        '\u{c}' => Some(b"\\f"),
        '\n' => Some(b"\\n"),
        '\r' => Some(b"\\r"),
        '\t' => Some(b"\\t"),
        '\u{b}' => Some(b"\\v"),
        '\\' => Some(b"\\\\"),
        _ => None,
    };
    if let Some(simple) = simple {
        out.extend_from_slice(simple);
    } else if len == 1 && first == quote {
        out.extend_from_slice(&[b'\\', quote]);
    } else if is_printable(char) {
        out.extend_from_slice(bytes.get(..len).unwrap_or_default());
    } else {
        let code = u32::from(char);
        let text = match code {
            0..0x80 => format!("\\x{code:02x}"),
            0x80..0x10000 => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        };
        out.extend_from_slice(text.as_bytes());
    }
    len
}

/// A string as Go's `%q` writes it.
pub(super) fn quote(bytes: &[u8], quote: u8) -> Vec<u8> {
    let mut out = vec![quote];
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += escape_into(&mut out, rest, quote).max(1);
    }
    out.push(quote);
    out
}
