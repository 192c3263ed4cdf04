//! Regular expressions in RE2's syntax, for the regex crate.

use regex::bytes::{Regex, RegexBuilder};

use super::engine::Engine;
use super::fault::Res;
use super::text::Text;

/// The size of a compiled expression, in bytes.
const SIZE: usize = 1024 * 1024;

/// Compiles an expression, or finds it compiled. The inner error says what is wrong with it.
pub(super) fn compile(engine: &mut Engine, source: &Text) -> Res<Result<Regex, String>> {
    if let Some(known) = engine.regexes.get(source.bytes()) {
        return Ok(known.clone());
    }
    engine.charge(1_000 + source.len() * 10)?;
    let text = source.lossy();
    let built = RegexBuilder::new(&translate(&text))
        .size_limit(SIZE)
        .build();
    let result = match built {
        Ok(regex) => Ok(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            return Err(super::fault::Fault::limit(format!(
                "the regular expression {text:?} is too large"
            )));
        }
        Err(_) => Err(format!("error parsing regexp: {text:?}")),
    };
    engine.regexes.insert(source.bytes().into(), result.clone());
    Ok(result)
}

/// Rewrites what the two syntaxes read differently: classes are of ASCII, brackets and braces
/// may stand for themselves.
fn translate(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len() + 16);
    let mut at = 0;
    let mut class = false;
    let mut class_start = 0;
    while let Some(char) = chars.get(at).copied() {
        at += 1;
        match char {
            '\\' => {
                let Some(next) = chars.get(at).copied() else {
                    out.push('\\');
                    break;
                };
                at += 1;
                match (next, class) {
                    ('Q', _) => {
                        while let Some(literal) = chars.get(at).copied() {
                            if literal == '\\' && chars.get(at + 1) == Some(&'E') {
                                at += 2;
                                break;
                            }
                            out.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4])));
                            at += 1;
                        }
                    }
                    ('d', true) => out.push_str("0-9"),
                    ('w', true) => out.push_str("0-9A-Za-z_"),
                    ('s', true) => out.push_str("\\t\\n\\f\\r "),
                    ('d', false) => out.push_str("[0-9]"),
                    ('w', false) => out.push_str("[0-9A-Za-z_]"),
                    ('s', false) => out.push_str("[\\t\\n\\f\\r ]"),
                    ('D', _) => out.push_str("[^0-9]"),
                    ('W', _) => out.push_str("[^0-9A-Za-z_]"),
                    ('S', _) => out.push_str("[^\\t\\n\\f\\r ]"),
                    ('b', false) => out.push_str("(?-u:\\b)"),
                    ('B', false) => out.push_str("(?-u:\\B)"),
                    ('<' | '>', _) => out.push(next),
                    _ => {
                        out.push('\\');
                        out.push(next);
                    }
                }
            }
            '[' if !class => {
                class = true;
                out.push('[');
                if chars.get(at) == Some(&'^') {
                    out.push('^');
                    at += 1;
                }
                class_start = at;
            }
            '[' => {
                let rest = chars.get(at..).unwrap_or_default();
                let named = rest.first() == Some(&':');
                let end = rest.windows(2).position(|pair| pair == [':', ']']);
                match end {
                    Some(end) if named && end > 0 => {
                        out.push('[');
                        out.extend(rest.iter().take(end + 2));
                        at += end + 2;
                    }
                    _ => out.push_str("\\["),
                }
            }
            ']' if class => {
                if at - 1 == class_start {
                    out.push_str("\\]");
                } else {
                    class = false;
                    out.push(']');
                }
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(char);
            }
            '-' if class && chars.get(at) == Some(&'-') => out.push_str("\\-"),
            '{' if !class && !is_repetition(chars.get(at..).unwrap_or_default()) => {
                out.push_str("\\{");
            }
            _ => out.push(char),
        }
    }
    out
}

/// Whether `n}`, `n,}` or `n,m}` follows.
fn is_repetition(rest: &[char]) -> bool {
    let Some(end) = rest.iter().position(|char| *char == '}') else {
        return false;
    };
    let inner: String = rest.iter().take(end).collect();
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}
