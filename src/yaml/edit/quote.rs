//! How a scalar is written.

use std::fmt::Write as _;

use super::NewScalar;
use crate::yaml::scalar::{Scalar, resolve};

/// What a scalar stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A block collection.
    Block,
    /// A flow collection.
    Flow,
    /// A flow collection of JSON.
    Json,
}

/// A scalar where none stood.
pub(super) fn scalar(scalar: &NewScalar, place: Place) -> String {
    match scalar {
        NewScalar::Text(text) => plain_or_quoted(text, place),
        NewScalar::Integer(number) => number.to_string(),
    }
}

/// A scalar in place of the one that is written as `old`, quoted as that one is.
pub(super) fn in_place_of(old: &str, new: &NewScalar, place: Place) -> String {
    let text = match new {
        NewScalar::Text(text) => text.as_str(),
        NewScalar::Integer(number) => &number.to_string(),
    };
    match old.as_bytes().first() {
        Some(b'\'') if !text.contains(is_special) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Some(b'"' | b'\'') => double_quoted(text),
        _ => scalar(new, place),
    }
}

/// Text without quotes where it may stand so, else in double ones.
pub(super) fn plain_or_quoted(text: &str, place: Place) -> String {
    if can_be_plain(text, place) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

/// Whether a text without quotes is read as that text, by readers of YAML 1.1 and 1.2.
fn can_be_plain(text: &str, place: Place) -> bool {
    let begins_well =
        text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_'));
    let ends_well = !text.ends_with(|c: char| c == ':' || c.is_whitespace());
    let is_open = |c: char| matches!(c, ',' | '[' | ']' | '{' | '}');
    begins_well
        && ends_well
        && place != Place::Json
        && resolve(text) == Scalar::Str(text)
        && !is_other_type_elsewhere(text)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(is_special)
        && (place == Place::Block || !text.contains(is_open))
}

/// Whether some reader of YAML 1.1 takes a text for a date (`2024-01-01`) or for a number to the
/// base of sixty (`1:30`), although the API server does not.
fn is_other_type_elsewhere(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let is_date = digits == 4 && bytes.get(4) == Some(&b'-');
    let is_sexagesimal = digits > 0
        && bytes
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'_'))
        && bytes.contains(&b':');
    is_date || is_sexagesimal
}

/// Whether a character is written as an escape.
fn is_special(c: char) -> bool {
    c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Text in double quotes, as JSON writes it too.
pub(super) fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_special(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
