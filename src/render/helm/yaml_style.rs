//! How the YAML emitter behind Kubernetes' tools writes strings and orders keys.

use std::cmp::Ordering;

use crate::yaml::{Scalar, resolve};

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Whether YAML prints the character as it is.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && char != '\u{feff}'
}

/// Whether a plain scalar of this text is read as a string, by YAML 1.1.
fn is_string(text: &str) -> bool {
    matches!(resolve(text), Scalar::Str(_)) && !is_base60(text) && !is_timestamp(text)
}

/// Numbers such as `12:30`.
fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = match unsigned.rsplit_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') => {
            whole
        }
        _ => unsigned,
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut rest = parts.peekable();
    first.starts_with(|char: char| char.is_ascii_digit())
        && digits(first)
        && rest.peek().is_some()
        && rest.all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

/// Dates, with a time or without.
fn is_timestamp(text: &str) -> bool {
    let starts = text
        .get(..4)
        .is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit()));
    starts
        && text.get(4..5) == Some("-")
        && [
            "2006-1-2T15:4:5Z07:00",
            "2006-1-2t15:4:5Z07:00",
            "2006-1-2 15:4:5",
            "2006-1-2",
        ]
        .iter()
        .any(|layout| super::dates::Time::parse(layout, text).is_some())
}

/// The style in which a string is written.
pub(super) fn style(text: &str, key: bool) -> Style {
    let mut block_indicators = text.starts_with("---") || text.starts_with("...");
    let (mut special, mut breaks) = (false, false);
    let (mut space_break, mut break_space) = (false, false);
    let mut before = None;
    let mut chars = text.chars().peekable();
    let blank = |char: Option<&char>| char.is_none_or(|char| matches!(char, ' ' | '\t' | '\n'));
    while let Some(char) = chars.next() {
        let blank_follows = match chars.peek() {
            None => true,
            Some(next) => matches!(next, ' ' | '\t'),
        };
        match (before, char) {
            (
                None,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`',
            ) => block_indicators = true,
            (None, '?' | ':' | '-') if blank_follows => block_indicators = true,
            (Some(_), ':') if blank_follows => block_indicators = true,
            (Some(last), '#') if blank(Some(&last)) => block_indicators = true,
            _ => {}
        }
        special |= !is_printable(char);
        if char == '\n' {
            breaks = true;
            space_break |= before == Some(' ');
        }
        break_space |= char == ' ' && before == Some('\n');
        before = Some(char);
    }
    let edge = |char: Option<char>| matches!(char, Some(' ' | '\n'));
    let trailing_space = text.ends_with(' ');
    let edges = edge(text.chars().next()) || edge(before);
    if breaks {
        let allowed = !trailing_space && !space_break && !special && !key;
        return if allowed {
            Style::Literal
        } else {
            Style::Double
        };
    }
    if !is_string(text) || special || space_break {
        return Style::Double;
    }
    if block_indicators || edges {
        return if break_space {
            Style::Double
        } else {
            Style::Single
        };
    }
    Style::Plain
}

/// The escape of a character between double quotes.
pub(super) fn escaped(char: char) -> Option<String> {
    let short = match char {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        '\u{1b}' => "\\e",
        '\u{85}' => "\\N",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ if is_printable(char) => return None,
        _ => {
            let code = u32::from(char);
            return Some(match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
        }
    };
    Some(short.to_owned())
}

/// The order of keys: runs of digits by their number, letters after other characters.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for (index, (x, y)) in a.iter().zip(&b).enumerate() {
        if x == y {
            continue;
        }
        let (x_letter, y_letter) = (x.is_alphabetic(), y.is_alphabetic());
        if x_letter && y_letter {
            return x.cmp(y);
        }
        if x_letter || y_letter {
            return if y_letter {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        // A zero inside of a number counts as one of its digits.
        let mut start = 0_i64;
        if *x == '0' || *y == '0' {
            let before = a.get(..index).unwrap_or_default();
            let digits = before.iter().rev().take_while(|char| char.is_numeric());
            if digits.into_iter().any(|digit| *digit != '0') {
                start = 1;
            }
        }
        let run = |chars: &[char]| {
            let digits = chars.get(index..).unwrap_or_default();
            let digits = digits.iter().take_while(|char| char.is_ascii_digit());
            digits.fold((start, 0_usize), |(number, len), digit| {
                let digit = i64::from(digit.to_digit(10).unwrap_or(0));
                (number.wrapping_mul(10).wrapping_add(digit), len + 1)
            })
        };
        let ((x_number, x_len), (y_number, y_len)) = (run(&a), run(&b));
        return x_number
            .cmp(&y_number)
            .then(x_len.cmp(&y_len))
            .then(x.cmp(y));
    }
    a.len().cmp(&b.len())
}
