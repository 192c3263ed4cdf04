//! What a scalar means: in kustomize's reader (go-yaml 3), and in that of Kubernetes and of
//! kustomization files (go-yaml 2 behind sigs.k8s.io/yaml).

use std::fmt::Write as _;

use ecow::EcoString;

use super::{Scalar, Style, Tag};

/// Whose rules tell what a plain scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Resources and strategic merge patches of kustomize: `yes` is text, dates are dates.
    Resource,
    /// Kubernetes, kustomization files, JSON patches: `yes` is a boolean, dates are text.
    Kubernetes,
}

/// The value of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of 64 bits, signed or not.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(EcoString),
    /// A text that is not what its tag says.
    Invalid(Tag),
}

impl Scalar {
    /// What it means once it is printed.
    pub fn meaning(&self) -> Meaning {
        if self.style == Style::Folded {
            return Meaning::Str(super::fold::refold(&self.text));
        }
        if self.style != Style::Plain || self.tag == Tag::Str {
            return Meaning::Str(self.text.clone());
        }
        let (tag, meaning) = resolve(&self.text, Reads::Resource);
        match self.tag {
            Tag::Bool if tag == Tag::Str => match word(&self.text, Reads::Kubernetes) {
                Some((Tag::Bool, meaning)) => meaning,
                _ => Meaning::Invalid(Tag::Bool),
            },
            Tag::Float if tag == Tag::Int => match meaning {
                Meaning::Int(n) => Meaning::Float(as_float(n)),
                other => other,
            },
            Tag::Implicit => meaning,
            wanted if wanted == tag => meaning,
            wanted => Meaning::Invalid(wanted),
        }
    }

    /// The scalar as it is after a journey through JSON: plain where that is safe.
    #[must_use]
    pub fn through_json(&self) -> Option<Self> {
        let (text, tag) = match self.meaning() {
            Meaning::Null => ("null".into(), Tag::Null),
            Meaning::Bool(value) => (
                EcoString::from(if value { "true" } else { "false" }),
                Tag::Bool,
            ),
            Meaning::Int(n) => (ecow::eco_format!("{n}"), Tag::Int),
            Meaning::Float(f) => {
                let text = number(f)?;
                let (tag, _) = resolve(&text, Reads::Resource);
                (text, tag)
            }
            Meaning::Str(text) => {
                let style = if text.contains('\n') {
                    Style::Literal
                } else if json_plain(&text) {
                    Style::Plain
                } else {
                    Style::Double
                };
                return Some(Self {
                    text,
                    tag: Tag::Str,
                    style,
                });
            }
            Meaning::Invalid(_) => return None,
        };
        Some(Self {
            text,
            tag,
            style: Style::Plain,
        })
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "that is what reading it as a floating point number means"
)]
fn as_float(n: i128) -> f64 {
    n as f64
}

/// The type of a plain scalar.
pub fn resolve_plain(text: &str, reads: Reads) -> Tag {
    resolve(text, reads).0
}

/// The type and the value of a plain scalar.
pub(super) fn resolve(text: &str, reads: Reads) -> (Tag, Meaning) {
    let string = || (Tag::Str, Meaning::Str(text.into()));
    let Some(first) = text.bytes().next() else {
        return (Tag::Null, Meaning::Null);
    };
    match first {
        b'0'..=b'9' | b'-' | b'+' => {
            if reads == Reads::Resource
                && let Some(time) = timestamp(text)
            {
                return (Tag::Timestamp, Meaning::Str(time));
            }
            number_of(text).unwrap_or_else(string)
        }
        b'.' => number_of(text).unwrap_or_else(string),
        b'~' if text.len() == 1 => (Tag::Null, Meaning::Null),
        b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            word(text, reads).unwrap_or_else(string)
        }
        _ => string(),
    }
}

fn word(text: &str, reads: Reads) -> Option<(Tag, Meaning)> {
    match text {
        "null" | "Null" | "NULL" => Some((Tag::Null, Meaning::Null)),
        "true" | "True" | "TRUE" => Some((Tag::Bool, Meaning::Bool(true))),
        "false" | "False" | "FALSE" => Some((Tag::Bool, Meaning::Bool(false))),
        _ if reads == Reads::Resource => None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Some((Tag::Bool, Meaning::Bool(true)))
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Some((Tag::Bool, Meaning::Bool(false)))
        }
        _ => None,
    }
}

fn number_of(text: &str) -> Option<(Tag, Meaning)> {
    let float = |f: f64| Some((Tag::Float, Meaning::Float(f)));
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return float(f64::NAN),
        _ => {}
    }
    let clean;
    let plain = if text.contains('_') {
        clean = text.replace('_', "");
        clean.as_str()
    } else {
        text
    };
    let negative = plain.starts_with('-');
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    if let Some(n) = integer(digits) {
        let n = if negative { -n } else { n };
        if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&n) {
            return Some((Tag::Int, Meaning::Int(n)));
        }
    }
    is_float(digits)
        .then(|| plain.parse().ok())
        .flatten()
        .and_then(float)
}

fn integer(digits: &str) -> Option<i128> {
    for (prefix, radix) in [
        ("0x", 16),
        ("0X", 16),
        ("0b", 2),
        ("0B", 2),
        ("0o", 8),
        ("0O", 8),
    ] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            let legal = rest.bytes().all(|b| b.is_ascii_hexdigit());
            return legal
                .then(|| i128::from_str_radix(rest, radix).ok())
                .flatten();
        }
    }
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return i128::from_str_radix(digits, 8).ok();
    }
    digits.parse().ok()
}

/// Whether the text, without a sign, is a number as YAML writes them.
fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => {
            let (mantissa, rest) = digits.split_at(at);
            (mantissa, rest.get(1..))
        }
        None => (digits, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_ok = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        !text.is_empty() && all_digits(text)
    });
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && all_digits(fraction),
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    exponent_ok && mantissa_ok
}

/// A number as it is printed; `None` for what JSON has no form of.
pub(super) fn number(f: f64) -> Option<EcoString> {
    if !f.is_finite() {
        return None;
    }
    if f == 0.0 {
        return Some("0".into());
    }
    let scientific = format!("{f:e}");
    let exponent: i32 = scientific.split_once('e')?.1.parse().ok()?;
    if (-6..19).contains(&exponent) {
        return Some(ecow::eco_format!("{f}"));
    }
    let (mantissa, _) = scientific.split_once('e')?;
    let mut text = EcoString::from(mantissa);
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(text, "e{sign}{:02}", exponent.unsigned_abs());
    Some(text)
}

/// A date or a date and time as Go prints it, when the text is one.
fn timestamp(text: &str) -> Option<EcoString> {
    let (year, rest) = split_digits(text, 4, 4)?;
    let (month, rest) = split_digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = split_digits(rest.strip_prefix('-')?, 1, 2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return None;
    }
    let mut out = ecow::eco_format!("{year:04}-{month:02}-{day:02}T");
    if rest.is_empty() {
        out.push_str("00:00:00Z");
        return Some(out);
    }
    let (rest, spaced) = match rest.strip_prefix(['T', 't']) {
        Some(rest) => (rest, false),
        None => (rest.strip_prefix(' ')?, true),
    };
    let (hour, rest) = split_digits(rest, 1, 2)?;
    let (minute, rest) = split_digits(rest.strip_prefix(':')?, 1, 2)?;
    let (second, rest) = split_digits(rest.strip_prefix(':')?, 1, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            rest.split_at(end)
        }
        None => ("", rest),
    };
    if rest.starts_with('.') && (fraction.is_empty() || fraction.len() > 9) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        let _ = write!(out, ".{fraction}");
    }
    match (zone, spaced) {
        ("", true) | ("Z", false) => out.push('Z'),
        (zone, false) => {
            let (hours, rest) = split_digits(zone.strip_prefix(['+', '-'])?, 2, 2)?;
            let (minutes, rest) = split_digits(rest.strip_prefix(':')?, 2, 2)?;
            if !rest.is_empty() || hours > 24 || minutes > 59 {
                return None;
            }
            out.push_str(if hours == 0 && minutes == 0 {
                "Z"
            } else {
                zone
            });
        }
        _ => return None,
    }
    Some(out)
}

fn split_digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    Some((digits.parse().ok()?, rest))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Whether text can stand without quotes in YAML that is printed from JSON.
pub fn json_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let last = text.chars().next_back().unwrap_or(first);
    let indicator = matches!(
        first,
        ',' | '['
            | ']'
            | '{'
            | '}'
            | '#'
            | '&'
            | '*'
            | '!'
            | '|'
            | '>'
            | '\''
            | '"'
            | '%'
            | '@'
            | '`'
    );
    let dash = matches!(first, '-' | '?' | ':')
        && text.chars().nth(1).is_none_or(|c| c == ' ' || first != '-');
    if indicator
        || dash
        || first == ' '
        || last == ' '
        || last == ':'
        || first == '=' && text.len() == 1
    {
        return false;
    }
    if text.starts_with("---") || text.starts_with("...") || text == "<<" {
        return false;
    }
    if text.contains(": ") || text.contains(" #") {
        return false;
    }
    let printable = |c: char| {
        matches!(c, ' '..='~')
            || (c >= '\u{a0}' && c != '\u{feff}' && c != '\u{2028}' && c != '\u{2029}')
    };
    if !text.chars().all(printable) {
        return false;
    }
    resolve_plain(text, Reads::Kubernetes) == Tag::Str
        && resolve_plain(text, Reads::Resource) == Tag::Str
        && !is_sexagesimal(text)
}

/// Whether YAML 1.1 reads the text as a number to the base of 60, such as `12:30`.
fn is_sexagesimal(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = text.split(':');
    let whole = parts.next().unwrap_or_default();
    !whole.is_empty()
        && whole.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && text.contains(':')
        && parts.all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b'.' || b == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar {
            tag: resolve_plain(text, Reads::Resource),
            ..Scalar::implicit(text)
        }
    }

    #[test]
    fn plain_scalars_of_resources_mean_what_go_yaml_3_says() {
        for (text, meaning) in [
            ("", Meaning::Null),
            ("~", Meaning::Null),
            ("Null", Meaning::Null),
            ("true", Meaning::Bool(true)),
            ("FALSE", Meaning::Bool(false)),
            ("yes", Meaning::Str("yes".into())),
            ("on", Meaning::Str("on".into())),
            ("12", Meaning::Int(12)),
            ("+1", Meaning::Int(1)),
            ("1_000", Meaning::Int(1000)),
            ("0x1F", Meaning::Int(31)),
            ("0b11", Meaning::Int(3)),
            ("0o14", Meaning::Int(12)),
            ("012", Meaning::Int(10)),
            ("08", Meaning::Float(8.0)),
            (
                "18446744073709551615",
                Meaning::Int(18_446_744_073_709_551_615),
            ),
            (
                "18446744073709551616",
                Meaning::Float(18_446_744_073_709_551_616.0),
            ),
            ("1.50", Meaning::Float(1.5)),
            (".5", Meaning::Float(0.5)),
            ("5.", Meaning::Float(5.0)),
            ("1e3", Meaning::Float(1000.0)),
            ("1.2.3", Meaning::Str("1.2.3".into())),
            ("12:30", Meaning::Str("12:30".into())),
            ("1e", Meaning::Str("1e".into())),
            (".", Meaning::Str(".".into())),
            ("-", Meaning::Str("-".into())),
            ("2020-01-02", Meaning::Str("2020-01-02T00:00:00Z".into())),
            ("2020-1-2", Meaning::Str("2020-01-02T00:00:00Z".into())),
            ("2020-02-30", Meaning::Str("2020-02-30".into())),
            (
                "2020-01-02 03:04:05.60",
                Meaning::Str("2020-01-02T03:04:05.6Z".into()),
            ),
            (
                "2020-01-02T03:04:05+02:00",
                Meaning::Str("2020-01-02T03:04:05+02:00".into()),
            ),
        ] {
            assert_eq!(plain(text).meaning(), meaning, "{text}");
        }
    }

    #[test]
    fn kustomization_files_are_read_as_kubernetes_reads() {
        assert_eq!(resolve_plain("yes", Reads::Kubernetes), Tag::Bool);
        assert_eq!(resolve_plain("n", Reads::Kubernetes), Tag::Bool);
        assert_eq!(resolve_plain("2020-01-02", Reads::Kubernetes), Tag::Str);
    }

    #[test]
    fn what_is_written_over_a_scalar_means_what_the_old_style_says() {
        let quoted = Scalar {
            style: Style::Double,
            ..plain("6")
        };
        assert_eq!(quoted.meaning(), Meaning::Str("6".into()));
        let over_number = Scalar {
            text: "abc".into(),
            ..plain("6")
        };
        assert_eq!(over_number.meaning(), Meaning::Invalid(Tag::Int));
    }

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        for (value, text) in [
            (1.0, "1"),
            (0.001, "0.001"),
            (1.234_567_890_123_456_8e29, "1.2345678901234568e+29"),
            (1e-9, "1e-09"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(number(value).as_deref(), Some(text));
        }
        assert_eq!(number(f64::INFINITY), None);
    }

    #[test]
    fn text_is_plain_only_where_no_reader_takes_it_for_something_else() {
        for text in [
            "abc",
            "a: b",
            "*.example.com",
            "a#b",
            "http://x",
            "-x",
            "a:b",
            "Ünï",
        ] {
            let expected = !matches!(text, "a: b" | "*.example.com");
            assert_eq!(json_plain(text), expected, "{text}");
        }
        for text in [
            "",
            "yes",
            "on",
            "y",
            "1",
            "1e3",
            "12:30",
            "~",
            "null",
            "2020-01-01",
            "- a",
            "a ",
            "? x",
            "a: ",
            "=",
            "<<",
            "[a",
            "a\nb",
            "#a",
            "a #b",
            "a:",
        ] {
            assert!(!json_plain(text), "{text}");
        }
    }
}
