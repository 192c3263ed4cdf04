//! The syntax of Flux' variables: `${NAME}` with the operators of a shell, in one text.
//!
//! Follows the package `envsubst` of Flux: names are letters, digits and `_`; `$$` is a literal
//! `$`, so that `$${NAME}` is left as `${NAME}`; a `$` before anything else stays as it is.

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known<T> {
    /// Its value.
    Value(T),
    /// It is set, to what can't be seen: the text keeps the reference.
    Hidden,
    /// It may be set: what would tell isn't there. The default is taken, if there is one.
    Maybe,
    /// It isn't set.
    Unset,
}

/// Why a text can't be substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A reference without an end.
    Open,
    /// A reference whose name is none.
    Name(String),
}

/// Nested references deeper than this are refused.
const DEEPEST: usize = 16;
/// Texts longer than this are refused, in bytes.
const LONGEST: usize = 1 << 24;

/// Substitutes the variables of `text`; `look_up` tells them by name and is told which were used.
pub(super) fn substitute(
    text: &str,
    look_up: &mut dyn FnMut(&str) -> Known<String>,
) -> Result<String, Fault> {
    let mut out = String::with_capacity(text.len());
    let end = expand(text, 0, Ends::default(), &mut out, look_up)?;
    debug_assert_eq!(end, text.len());
    Ok(out)
}

/// What ends a stretch of text outside of references, and what escapes it.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    /// Whether `}` does.
    brace: bool,
    /// Another character that does.
    separator: Option<u8>,
    /// Whether a backslash keeps `/` and itself from their meaning.
    escapes: bool,
}

/// Copies text with its references resolved until it ends, and says where.
fn expand(
    text: &str,
    depth: usize,
    ends: Ends,
    out: &mut String,
    look_up: &mut dyn FnMut(&str) -> Known<String>,
) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut copied = 0;
    let copy = |out: &mut String, from: usize, to: usize| {
        out.push_str(text.get(from..to).unwrap_or_default());
    };
    while let Some(byte) = bytes.get(at) {
        if (ends.brace && *byte == b'}') || ends.separator == Some(*byte) {
            break;
        }
        let next = bytes.get(at + 1);
        let is_escape = match byte {
            b'$' => (depth == 0 || ends.escapes) && next == Some(&b'$'),
            b'\\' => ends.escapes && matches!(next, Some(b'/' | b'\\')),
            _ => false,
        };
        if is_escape {
            copy(out, copied, at);
            copied = at + 1;
            at += 2;
            continue;
        }
        if *byte != b'$' || next != Some(&b'{') {
            at += 1;
            continue;
        }
        copy(out, copied, at);
        if depth >= DEEPEST || out.len() > LONGEST {
            return Err(Fault::Open);
        }
        let rest = text.get(at + 2..).unwrap_or_default();
        let length = reference(rest, depth, out, look_up)?;
        at += 2 + length;
        copied = at;
    }
    let end = at.min(text.len());
    copy(out, copied, end);
    Ok(end)
}

/// The operators, longer ones before those that they begin with.
const OPERATORS: [&str; 17] = [
    ":=", ":-", ":?", ":+", "//", "/#", "/%", "^^", ",,", "##", "%%", ":", "=", "/", "^", ",", "#",
];

/// Resolves one reference; `rest` begins behind its `${`. Says how long it is, `}` included.
fn reference(
    rest: &str,
    depth: usize,
    out: &mut String,
    look_up: &mut dyn FnMut(&str) -> Known<String>,
) -> Result<usize, Fault> {
    let is_length = rest.starts_with('#');
    let mut at = usize::from(is_length);
    let name_end = rest
        .get(at..)
        .unwrap_or_default()
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(rest.len(), |end| end + at);
    let name = rest.get(at..name_end).unwrap_or_default();
    if name.is_empty() {
        let shown: String = rest.chars().take_while(|c| *c != '}').take(40).collect();
        return Err(Fault::Name(shown));
    }
    at = name_end;
    let tail = rest.get(at..).unwrap_or_default();
    let operator = match OPERATORS.into_iter().find(|o| tail.starts_with(o)) {
        Some(operator) => operator,
        None if tail.starts_with('%') => "%",
        None if tail.starts_with('}') => "",
        None => return Err(Fault::Open),
    };
    at += operator.len();
    let separator = match operator {
        "/" | "//" | "/#" | "/%" => Some(b'/'),
        ":" => Some(b':'),
        _ => None,
    };
    let mut arguments: Vec<String> = Vec::new();
    loop {
        let mut argument = String::new();
        let ends = Ends {
            brace: true,
            separator: separator.filter(|_| arguments.is_empty()),
            escapes: separator == Some(b'/'),
        };
        let text = rest.get(at..).unwrap_or_default();
        let length = expand(text, depth + 1, ends, &mut argument, look_up)?;
        arguments.push(argument);
        at += length;
        match rest.as_bytes().get(at) {
            Some(b'}') => break,
            Some(_) => at += 1,
            None => return Err(Fault::Open),
        }
    }
    let end = at + 1;
    let written = rest.get(name_end..end).unwrap_or_default();
    let is_default = matches!(operator, ":=" | ":-" | ":?" | ":+" | "=");
    let default = arguments.first().map(String::as_str).unwrap_or_default();
    match look_up(name) {
        Known::Value(value) if is_length => out.push_str(&value.len().to_string()),
        Known::Value(value) if is_default => {
            out.push_str(if value.is_empty() { default } else { &value });
        }
        Known::Value(value) => out.push_str(&apply(&value, operator, &arguments)),
        Known::Unset | Known::Maybe if is_default => out.push_str(default),
        Known::Unset if is_length => out.push('0'),
        Known::Unset => out.push_str(&apply("", operator, &arguments)),
        Known::Hidden | Known::Maybe => {
            out.push_str(if is_length { "${#" } else { "${" });
            out.push_str(name);
            out.push_str(written);
        }
    }
    Ok(end)
}

/// Applies an operator other than a default.
fn apply(value: &str, operator: &str, arguments: &[String]) -> String {
    let first = arguments.first().map(String::as_str).unwrap_or_default();
    let second = arguments.get(1).map(String::as_str).unwrap_or_default();
    match operator {
        ":" => part(value, first, arguments.get(1).map(String::as_str)),
        "/" => value.replacen(first, second, 1),
        "//" => value.replace(first, second),
        "/#" => match value.strip_prefix(first) {
            Some(rest) => format!("{second}{rest}"),
            None => value.to_owned(),
        },
        "/%" => match value.strip_suffix(first) {
            Some(rest) => format!("{rest}{second}"),
            None => value.to_owned(),
        },
        "^" => change_first(value, char::to_uppercase),
        "^^" => value.to_uppercase(),
        "," => change_first(value, char::to_lowercase),
        ",," => value.to_lowercase(),
        "#" => trim_start(value, first, false),
        "##" => trim_start(value, first, true),
        "%" => trim_end(value, first, false),
        "%%" => trim_end(value, first, true),
        _ => value.to_owned(),
    }
}

/// The part of a text from a position on, of a length, both in bytes; negative ones count from the
/// end. What is no number leaves the text whole.
fn part(value: &str, from: &str, length: Option<&str>) -> String {
    let whole = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let Ok(from) = from.parse::<i64>() else {
        return value.to_owned();
    };
    let from = if from < 0 {
        (whole + from).max(0)
    } else {
        from
    };
    let to = match length.map(str::parse::<i64>) {
        None => whole,
        Some(Err(_)) => return value.to_owned(),
        Some(Ok(length)) if length < 0 => whole + length,
        Some(Ok(length)) => from.saturating_add(length).min(whole),
    };
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    let bytes = value.as_bytes().get(range).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

fn change_first<I: Iterator<Item = char>>(value: &str, change: impl Fn(char) -> I) -> String {
    let mut chars = value.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    change(first).chain(chars).collect()
}

/// Whether a pattern of `*` and `?` is the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|c| *c == '*')
}

/// Texts longer than this are not searched for patterns, which takes the square of their length.
const SEARCHED: usize = 4096;

fn bounds(value: &str) -> Vec<usize> {
    let ends = std::iter::once(value.len());
    value.char_indices().map(|(at, _)| at).chain(ends).collect()
}

fn trim_start(value: &str, pattern: &str, longest: bool) -> String {
    if value.len() > SEARCHED {
        return value.to_owned();
    }
    let mut cuts = bounds(value);
    if longest {
        cuts.reverse();
    }
    let cut = cuts
        .into_iter()
        .find(|at| matches(pattern, value.get(..*at).unwrap_or_default()));
    value.get(cut.unwrap_or(0)..).unwrap_or_default().to_owned()
}

fn trim_end(value: &str, pattern: &str, longest: bool) -> String {
    if value.len() > SEARCHED {
        return value.to_owned();
    }
    let mut cuts = bounds(value);
    if !longest {
        cuts.reverse();
    }
    let cut = cuts
        .into_iter()
        .find(|at| matches(pattern, value.get(*at..).unwrap_or_default()));
    value
        .get(..cut.unwrap_or(value.len()))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<String, Fault> {
        substitute(text, &mut |name| match name {
            "A" => Known::Value("alpha".to_owned()),
            "E" => Known::Value(String::new()),
            "URL" => Known::Value("a.b.example.com".to_owned()),
            "SECRET" => Known::Hidden,
            "MAYBE" => Known::Maybe,
            _ => Known::Unset,
        })
    }

    #[test]
    fn references_are_resolved_as_a_shell_would() {
        for (text, expected) in [
            ("x ${A} y", "x alpha y"),
            ("${NONE}", ""),
            ("$A $ ${A}", "$A $ alpha"),
            ("$${A} $$A $$$$", "${A} $A $$"),
            ("${NONE:=d}${NONE:-e}${NONE=f}", "def"),
            ("${NONE:=a/b c}", "a/b c"),
            ("${E:=d}", "d"),
            ("${A:=d}", "alpha"),
            ("${NONE:=${A}}", "alpha"),
            ("${NONE:=${NONE:=x}}", "x"),
            ("${A:2}", "pha"),
            ("${A:1:2}", "lp"),
            ("${A:1:-1}${A:9}", "lph"),
            ("${A/a/o}", "olpha"),
            ("${A//a/o}", "olpho"),
            ("${A/#al/x}${A/%ha/x}${A/ph/\\/}", "xphaalpxal/a"),
            ("${A^}${A^^}", "AlphaALPHA"),
            ("${A,}${A,,}", "alphaalpha"),
            ("${#A}", "5"),
            ("${URL#*.}", "b.example.com"),
            ("${URL##*.}", "com"),
            ("${URL%.*}", "a.b.example"),
            ("${URL%%.*}", "a"),
            ("${SECRET}-${SECRET:=d}", "${SECRET}-${SECRET:=d}"),
            ("${MAYBE}-${MAYBE:=d}", "${MAYBE}-d"),
            ("schöne ${A} Grüße", "schöne alpha Grüße"),
        ] {
            assert_eq!(with(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        assert_eq!(with("${A"), Err(Fault::Open));
        assert_eq!(with("${}"), Err(Fault::Name(String::new())));
        assert_eq!(with("${A-d}"), Err(Fault::Open));
        let deep = "${A:=".repeat(1000);
        assert_eq!(with(&deep), Err(Fault::Open));
    }
}
