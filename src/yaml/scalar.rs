//! What a plain scalar means, as the API server's YAML reader (go-yaml 2 behind sigs.k8s.io/yaml)
//! resolves it.

/// The value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'t> {
    /// Nothing, `~` or `null`.
    Null,
    /// A boolean, in the words of YAML 1.1 (`on`, `yes`, ...).
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text.
    Str(&'t str),
}

impl Scalar<'_> {
    /// The integer that JSON has for a number: a float without a fraction is written as one, below
    /// 10^21 without an exponent.
    pub fn as_integer(&self) -> Option<i128> {
        match *self {
            Self::Int(number) => Some(number),
            #[expect(clippy::cast_possible_truncation, reason = "there is no fraction")]
            Self::Float(float) if float.fract() == 0.0 && float.abs() < 1e21 => Some(float as i128),
            _ => None,
        }
    }

    /// The name of the type for messages.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Str(_) => "a string",
        }
    }
}

/// Resolves a plain (unquoted) scalar.
pub fn resolve(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else {
        return Scalar::Null;
    };
    match first {
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(text).unwrap_or(Scalar::Str(text)),
        b'~' if text.len() == 1 => Scalar::Null,
        b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        _ => Scalar::Str(text),
    }
}

fn word(text: &str) -> Scalar<'_> {
    match text {
        "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        _ => Scalar::Str(text),
    }
}

fn number(text: &str) -> Option<Scalar<'_>> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Some(Scalar::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return Some(Scalar::Float(f64::NEG_INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return Some(Scalar::Float(f64::NAN)),
        _ => {}
    }
    let clean;
    let digits = if text.contains('_') && (!text.starts_with('.') || separates_digits(text)) {
        clean = text.replace('_', "");
        clean.as_str()
    } else {
        text
    };
    if let Some(number) = integer(digits) {
        return Some(Scalar::Int(number));
    }
    if !is_decimal(digits) {
        return None;
    }
    let float: f64 = digits.parse().ok()?;
    if is_octal_misfit(digits) && float < 1e18 {
        // 8 and 9 make a decimal number of what would be octal.
        return digits.parse().ok().map(Scalar::Int);
    }
    // What is too large for a float is text.
    float.is_finite().then_some(Scalar::Float(float))
}

/// Whether underscores stand between digits alone.
fn separates_digits(text: &str) -> bool {
    let is_digit = |part: Option<u8>| part.is_some_and(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('_').collect();
    let after = parts
        .iter()
        .skip(1)
        .all(|part| is_digit(part.bytes().next()));
    after
        && parts
            .iter()
            .rev()
            .skip(1)
            .all(|part| is_digit(part.bytes().last()))
}

/// An integer of 64 bits, with or without sign: decimal, or with one of Go's prefixes, of which
/// `0` is octal.
fn integer(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, unsigned.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, unsigned.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    let number = if negative { -number } else { number };
    // Unsigned integers are read without any sign.
    let most = if text.len() == unsigned.len() {
        i128::from(u64::MAX)
    } else {
        i128::from(i64::MAX)
    };
    (i128::from(i64::MIN)..=most)
        .contains(&number)
        .then_some(number)
}

/// Whether a text is a float as YAML writes it: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_exponent = |exponent: &str| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    };
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(is_exponent)
}

/// Whether a number looks octal and is not: `08`.
pub(super) fn is_octal_misfit(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.len() > 1
        && unsigned.starts_with('0')
        && unsigned.contains(['8', '9'])
        && unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// A float as the text of a key: in the shortest form of 32 bits, with an exponent where Go's
/// format `g` has one.
pub(super) fn float_key(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sigs.k8s.io/yaml writes keys with the precision of 32 bits"
    )]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let number: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&number) {
        return value.to_string();
    }
    let sign = if number < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", number.abs())
}

/// Whether a text is a date, or a date and a time, as go-yaml 2 reads them.
pub(super) fn is_timestamp(text: &str) -> bool {
    let field = |text: &str, least: u32, most: u32| {
        (1..=2).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit())
            && text.parse().is_ok_and(|n: u32| (least..=most).contains(&n))
    };
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) || !field(month, 1, 12) {
        return false;
    }
    let end = rest.find(['T', 't', ' ']).unwrap_or(rest.len());
    let (day, time) = rest.split_at(end);
    if !field(day, 1, days(year, month)) {
        return false;
    }
    let Some(separator) = time.chars().next() else {
        return true;
    };
    let time = time.get(1..).unwrap_or_default();
    let time = match (separator, zone(time)) {
        (' ', None) => time,
        ('T' | 't', Some(zone)) => time.get(..time.len() - zone).unwrap_or_default(),
        _ => return false,
    };
    let (clock, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    let mut clock = clock.split(':');
    let mut next = |most| clock.next().is_some_and(|text| field(text, 0, most));
    next(23)
        && next(59)
        && next(59)
        && clock.next().is_none()
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// The length of the time zone at the end of a time.
fn zone(time: &str) -> Option<usize> {
    if time.ends_with('Z') {
        return Some(1);
    }
    let start = time.len().checked_sub(6)?;
    match time.as_bytes().get(start..)? {
        [b'+' | b'-', a, b, b':', c, d]
            if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()) =>
        {
            Some(6)
        }
        _ => None,
    }
}

/// The days of a month.
fn days(year: &str, month: &str) -> u32 {
    let year: u32 = year.parse().unwrap_or(0);
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month.parse() {
        Ok(4 | 6 | 9 | 11) => 30,
        Ok(2) if is_leap => 29,
        Ok(2) => 28,
        _ => 31,
    }
}

/// Whether a scalar holds a placeholder that some tool fills in before the manifest is applied:
/// `${VAR}`, `$(VAR)`, `{{ template }}`, `ENC[...]` of sops, `<path:secret/data#key>` of
/// argocd-vault-plugin, `<word>`, and words such as `PUBLIC_HOSTNAME` or `CHANGEME`. Such a value
/// may be anything.
pub fn is_placeholder(text: &str) -> bool {
    is_expression(text) || is_angled(text) || has_capital_segment(text)
}

/// Whether a value that is only ever a URL or host is a placeholder: besides what
/// [`is_placeholder`] knows, a single word of at least three capitals.
pub fn is_url_placeholder(text: &str) -> bool {
    let is_word = text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    is_word || is_placeholder(text)
}

/// `<word>` or `<path:...>` as the whole value or a whole segment of it, or `<WORD>` in capitals
/// within one. Named groups of regular expressions (`(?P<WORD>`) are none.
fn is_angled(text: &str) -> bool {
    let Some((before, rest)) = text.split_once('<') else {
        return false;
    };
    let Some((inner, after)) = rest.split_once('>') else {
        return false;
    };
    let is_word = !inner.is_empty()
        && inner
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let is_shouted = is_word
        && inner.starts_with(|c: char| c.is_ascii_uppercase())
        && !inner.bytes().any(|b| b.is_ascii_lowercase())
        && !before.ends_with("(?P")
        && !before.ends_with("(?");
    if is_shouted {
        return true;
    }
    (is_word || inner.starts_with("path:"))
        && (before.is_empty() || before.ends_with(is_separator))
        && (after.is_empty() || after.starts_with(is_separator))
}

/// What stands between the segments of hosts, names and URLs.
fn is_separator(c: char) -> bool {
    matches!(c, '.' | '/' | ':' | ',' | '@' | '?' | '#' | '=')
}

/// Whether the value, or one of its segments, is a word of capitals that stands for something:
/// several joined by `_`, or one such as `CHANGEME`.
fn has_capital_segment(text: &str) -> bool {
    const WORDS: [&str; 4] = ["CHANGEME", "REPLACEME", "TODO", "PLACEHOLDER"];
    // Most values hold no capital at all.
    if !text.bytes().any(|b| b.is_ascii_uppercase()) {
        return false;
    }
    text.split(is_separator).any(|segment| {
        WORDS.contains(&segment)
            || segment.starts_with(|c: char| c.is_ascii_uppercase())
                && segment.contains('_')
                && segment.split('_').all(|word| {
                    !word.is_empty()
                        && word
                            .bytes()
                            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                })
    })
}

/// Whether a value is filled in by an expression that cannot be meant as it stands: `${VAR}`,
/// `$(VAR)`, `{{ template }}`, `ENC[...]`. Where words of capitals are the rule, as in enums, only
/// these are placeholders.
pub(crate) fn is_expression(text: &str) -> bool {
    let Some(at) = text.find(['$', '{', 'E']) else {
        return false;
    };
    let rest = text.get(at..).unwrap_or_default();
    rest.split_once("${")
        .is_some_and(|(_, tail)| tail.contains('}'))
        || rest
            .split_once("$(")
            .is_some_and(|(_, tail)| tail.contains(')'))
        || rest
            .split_once("{{")
            .is_some_and(|(_, tail)| tail.contains("}}"))
        || (rest.starts_with("ENC[") && rest.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_the_api_server_reads_them() {
        for (text, value) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("null", Scalar::Null),
            ("on", Scalar::Bool(true)),
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("oN", Scalar::Str("oN")),
            ("80", Scalar::Int(80)),
            ("-1", Scalar::Int(-1)),
            ("1_000", Scalar::Int(1000)),
            ("0x1F", Scalar::Int(31)),
            ("0755", Scalar::Int(493)),
            ("0o17", Scalar::Int(15)),
            ("0X1f", Scalar::Int(31)),
            ("-0b11", Scalar::Int(-3)),
            ("08", Scalar::Int(8)),
            ("-019", Scalar::Int(-19)),
            ("18446744073709551615", Scalar::Int(u64::MAX.into())),
            (
                "18446744073709551616",
                Scalar::Float(18_446_744_073_709_551_616.0),
            ),
            ("1e400", Scalar::Str("1e400")),
            ("1e-400", Scalar::Float(0.0)),
            ("0x1p-2", Scalar::Str("0x1p-2")),
            (".5_0", Scalar::Float(0.5)),
            ("._5", Scalar::Str("._5")),
            ("+.5", Scalar::Float(0.5)),
            ("5.", Scalar::Float(5.0)),
            ("1e", Scalar::Str("1e")),
            ("_1", Scalar::Str("_1")),
            ("1.5", Scalar::Float(1.5)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.2.3", Scalar::Str("1.2.3")),
            ("1.2.3.4", Scalar::Str("1.2.3.4")),
            ("5s", Scalar::Str("5s")),
            ("-", Scalar::Str("-")),
            (".", Scalar::Str(".")),
            ("v1", Scalar::Str("v1")),
            ("2024-01-01", Scalar::Str("2024-01-01")),
        ] {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn keys_have_the_digits_of_32_bits() {
        for (value, key) in [
            (1.5, "1.5"),
            (1e6, "1e+06"),
            (100_000.0, "100000"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123_456_789.0, "1.2345679e+08"),
            (f64::INFINITY, ".inf"),
        ] {
            assert_eq!(float_key(value), key);
        }
    }

    #[test]
    fn dates_and_times_are_told() {
        for text in [
            "2001-01-01",
            "2001-1-1",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14 21:59:43.10",
            "2001-12-14T21:59:43Z",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "2001-02-30",
            "2001-01",
            "01-01-01",
            "2001-01-01x",
            "2001-01-01 1:2",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }

    #[test]
    fn placeholders_are_recognised() {
        for text in [
            "${VAR}",
            "a-${B}-c",
            "{{ .Values.host }}",
            "ENC[AES256_GCM,data:x]",
            "PUBLIC_HOSTNAME",
            "EDGE_2/GATEWAY_NAME",
            "www.BASE_DOMAIN",
            "CHANGEME",
            "TODO.example.com",
            "<path:secret/data/web#host>",
            "<token>",
            "www.<domain>",
            "ingress-<TENANT-NS>.apps.example.com",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "",
            "$",
            "a{b}",
            "ENC",
            "/{id}/x",
            "{{",
            "$VAR",
            "HOST",
            "public_hostname",
            "A-B",
            "HTTP2",
            "GRPC",
            "a<b>c",
            "/(?P<VERSION>v[0-9]+)/",
            "<>",
            "_A",
            "A_",
            "Ab_CD",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
