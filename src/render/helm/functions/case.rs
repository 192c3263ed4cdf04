//! Functions that change the case of letters. Their result comes from where the argument stands.

use super::super::engine::Engine;
use super::super::fault::Res;
use super::super::value::Val;
use super::{Function, new, text};

pub(super) static TABLE: [Function; 9] = [
    new("upper", "s", |engine, args| {
        each(engine, args, |text| text.chars().map(upper).collect())
    }),
    new("lower", "s", |engine, args| {
        each(engine, args, |text| text.chars().map(lower).collect())
    }),
    new("title", "s", |engine, args| each(engine, args, title)),
    new("untitle", "s", |engine, args| each(engine, args, untitle)),
    new("swapcase", "s", |engine, args| each(engine, args, swap)),
    new("initials", "s", |engine, args| each(engine, args, initials)),
    new("snakecase", "s", |engine, args| {
        each(engine, args, |text| connected(text, '_'))
    }),
    new("kebabcase", "s", |engine, args| {
        each(engine, args, |text| connected(text, '-'))
    }),
    new("camelcase", "s", |engine, args| each(engine, args, pascal)),
];

fn each(engine: &mut Engine, args: &[Val], change: fn(&str) -> String) -> Res<Val> {
    let source = text(args, 0);
    engine.charge(source.len())?;
    engine.check_size(source.len().saturating_mul(3))?;
    Ok(change(&source.lossy()).into())
}

/// One letter for one, as Go's tables have it.
fn upper(char: char) -> char {
    let mut mapped = char.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => char,
    }
}

fn lower(char: char) -> char {
    let mut mapped = char.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // The dotted capital I, the only letter with a lower case of two.
        (Some(one), Some(_)) => one,
        _ => char,
    }
}

/// Changes the first letter of each word.
fn first_letters(text: &str, separates: fn(char) -> bool, change: fn(char) -> char) -> String {
    let mut starts = true;
    let letters = text.chars().map(|char| {
        let begins = std::mem::replace(&mut starts, separates(char));
        if begins { change(char) } else { char }
    });
    letters.collect()
}

fn title(text: &str) -> String {
    let separates = |char: char| {
        if char.is_ascii() {
            !(char.is_ascii_alphanumeric() || char == '_')
        } else {
            !char.is_alphanumeric() && char.is_whitespace()
        }
    };
    first_letters(text, separates, upper)
}

fn untitle(text: &str) -> String {
    first_letters(text, char::is_whitespace, lower)
}

fn swap(text: &str) -> String {
    let swapped = text.chars().map(|char| {
        if char.is_uppercase() {
            lower(char)
        } else {
            upper(char)
        }
    });
    swapped.collect()
}

fn initials(text: &str) -> String {
    let words = text.split_whitespace();
    words.filter_map(|word| word.chars().next()).collect()
}

fn is_connector(char: char) -> bool {
    char == '-' || char == '_' || char.is_whitespace()
}

fn is_punctuation(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_punctuation() && !"$+<=>^`|~".contains(char);
    }
    !char.is_alphanumeric() && !char.is_whitespace() && !char.is_control()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Nothing,
    Number,
    /// Starts with a capital letter.
    Capital,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// The next word and what follows it: `HTTPStatus` is `HTTP` and `Status`.
fn next_word(text: &str) -> (Word, &str, &str) {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return (Word::Nothing, "", "");
    };
    let take = |belongs: &dyn Fn(char) -> bool| -> usize {
        text.char_indices()
            .skip(1)
            .find(|(_, char)| !belongs(*char))
            .map_or(text.len(), |(at, _)| at)
    };
    let (word, end) = if is_connector(first) {
        (Word::Connector, take(&is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, take(&is_punctuation))
    } else if first.is_uppercase() {
        let end = match chars.next() {
            Some(second) if second.is_uppercase() => {
                let end = take(&char::is_uppercase);
                let follows = text.get(end..).and_then(|rest| rest.chars().next());
                if follows.is_some_and(char::is_alphabetic) {
                    let last = text.get(..end).and_then(|word| word.chars().next_back());
                    end - last.map_or(0, char::len_utf8)
                } else {
                    end
                }
            }
            Some(second) if second.is_alphabetic() => {
                take(&|char| char.is_alphabetic() && !char.is_uppercase())
            }
            _ => first.len_utf8(),
        };
        (Word::Capital, end)
    } else if first.is_alphabetic() {
        (
            Word::Letters,
            take(&|char| char.is_alphabetic() && !char.is_uppercase()),
        )
    } else if first.is_numeric() {
        (Word::Number, take(&char::is_numeric))
    } else {
        let other = |char: char| {
            !is_connector(char)
                && !char.is_alphabetic()
                && !char.is_numeric()
                && !is_punctuation(char)
        };
        (Word::Other, take(&other))
    };
    let (word_text, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (word, word_text, rest)
}

fn push_word(out: &mut String, word: Word, text: &str, connector: char) {
    if word != Word::Capital && word != Word::Connector {
        out.push_str(text);
        return;
    }
    out.extend(text.chars().map(|char| {
        if is_connector(char) {
            connector
        } else {
            lower(char)
        }
    }));
}

/// Words in lower case with a connector between them. A number belongs to the word before it,
/// unless letters in lower case follow: `Bld4Floor3rd` is `bld4_floor_3rd`.
fn connected(text: &str, connector: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let joins = |word: Word| !matches!(word, Word::Nothing | Word::Connector | Word::Punctuation);
    let (mut word, mut part, mut rest) = next_word(text);
    while !rest.is_empty() {
        if word != Word::Connector {
            push_word(&mut out, word, part, connector);
        }
        let (before, before_part) = (word, part);
        (word, part, rest) = next_word(rest);
        match before {
            Word::Number => {
                while matches!(word, Word::Letters | Word::Number) {
                    push_word(&mut out, word, part, connector);
                    (word, part, rest) = next_word(rest);
                }
                if joins(word) {
                    out.push(connector);
                }
            }
            Word::Connector => push_word(&mut out, before, before_part, connector),
            Word::Punctuation => {}
            _ if word != Word::Number => {
                if word != Word::Connector && word != Word::Punctuation {
                    out.push(connector);
                }
            }
            _ => {
                if rest.is_empty() {
                    continue;
                }
                let number = part;
                (word, part, rest) = next_word(rest);
                if word != Word::Letters {
                    push_word(&mut out, Word::Number, number, connector);
                    if word != Word::Connector && word != Word::Punctuation {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                push_word(&mut out, Word::Number, number, connector);
                while matches!(word, Word::Letters | Word::Number) {
                    push_word(&mut out, word, part, connector);
                    (word, part, rest) = next_word(rest);
                }
                if joins(word) {
                    out.push(connector);
                }
            }
        }
    }
    push_word(&mut out, word, part, connector);
    out
}

/// Words joined, each with a capital letter; connectors at the ends stay.
fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut current = None;
    let mut capital = false;
    for char in chars.by_ref() {
        if !is_connector(char) {
            capital = char.is_uppercase();
            current = Some(upper(char));
            break;
        }
        out.push(char);
    }
    let Some(mut current) = current else {
        // Of connectors alone the last stands twice.
        out.extend(text.chars().next_back());
        return out;
    };
    for char in chars {
        let before = current;
        current = char;
        if is_connector(current) && is_connector(before) {
            out.push(before);
            continue;
        }
        if is_connector(before) {
            capital = current.is_uppercase();
            current = upper(current);
            continue;
        }
        if capital {
            if current.is_uppercase() {
                current = lower(current);
            } else {
                capital = false;
            }
        }
        out.push(before);
    }
    out.push(current);
    out
}
