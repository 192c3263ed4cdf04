//! Whether a regular expression is one that Go's `regexp` (RE2 syntax) compiles, with its error
//! texts. It follows Go's `regexp/syntax` parser, of which it keeps what decides between valid and
//! invalid; nothing is compiled.

/// The part of a failed expression and what is wrong with it.
type Failure<'r> = (&'static str, &'r str);

/// The most repetitions that one part of an expression may ask for.
const MOST_REPEATS: u32 = 1000;

/// Checks an expression; the error text is Go's.
pub(crate) fn check(expression: &str) -> Result<(), String> {
    Parser::new(expression)
        .parse()
        .map_err(|(kind, part)| format!("error parsing regexp: {kind}: `{part}`"))
}

/// What a group holds so far: how often its parts may repeat within each other.
#[derive(Clone, Copy, Default)]
struct Group {
    /// Repeats of the part that a repetition operator would be applied to; `None` at the beginning
    /// of the group and of an alternative.
    last: Option<u32>,
    /// The highest number of repeats of any part.
    most: u32,
}

struct Parser<'r> {
    whole: &'r str,
    groups: Vec<Group>,
}

impl<'r> Parser<'r> {
    fn new(whole: &'r str) -> Self {
        Self {
            whole,
            groups: vec![Group::default()],
        }
    }

    fn parse(mut self) -> Result<(), Failure<'r>> {
        let mut rest = self.whole;
        let mut last_repeat: Option<&str> = None;
        while let Some(c) = rest.chars().next() {
            let before = rest;
            let mut repeat = None;
            rest = match c {
                '(' if rest.starts_with("(?") => self.flags(rest)?,
                '(' => {
                    self.groups.push(Group::default());
                    skip(rest, 1)
                }
                '|' => {
                    self.close_alternative();
                    skip(rest, 1)
                }
                ')' => {
                    self.close_group()?;
                    skip(rest, 1)
                }
                '[' => {
                    let rest = class(rest)?;
                    self.atom();
                    rest
                }
                '*' | '+' | '?' => {
                    repeat = Some(before);
                    self.repeat(1, before, skip(rest, 1), last_repeat)?
                }
                '{' => {
                    if let Some((least, most, after)) = counts(rest) {
                        let part = up_to(before, after);
                        let times = most.unwrap_or(least);
                        if least > times || times > MOST_REPEATS {
                            return Err(("invalid repeat count", part));
                        }
                        repeat = Some(before);
                        // What is dropped altogether may repeat as it likes.
                        if most == Some(0) && self.top().last.is_some() {
                            self.top().last = Some(1);
                        }
                        self.repeat(times.max(1), before, after, last_repeat)?
                    } else {
                        self.atom();
                        skip(rest, 1)
                    }
                }
                '\\' => self.escape(rest)?,
                _ => {
                    self.atom();
                    skip(rest, c.len_utf8())
                }
            };
            last_repeat = repeat;
        }
        if self.groups.len() == 1 {
            Ok(())
        } else {
            Err(("missing closing )", self.whole))
        }
    }

    /// The group that is open.
    fn top(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        self.groups
            .last_mut()
            .unwrap_or_else(|| unreachable!("a group was just opened"))
    }

    /// A part that a repetition operator can be applied to.
    fn atom(&mut self) {
        self.push(1);
    }

    fn push(&mut self, repeats: u32) {
        let group = self.top();
        group.last = Some(repeats);
        group.most = group.most.max(repeats);
    }

    fn close_alternative(&mut self) {
        self.top().last = None;
    }

    fn close_group(&mut self) -> Result<(), Failure<'r>> {
        if self.groups.len() < 2 {
            return Err(("unexpected )", self.whole));
        }
        let closed = self.groups.pop().unwrap_or_default();
        self.push(closed.most.max(1));
        Ok(())
    }

    /// Applies a repetition operator that stands between `before` and `after`.
    fn repeat(
        &mut self,
        times: u32,
        before: &'r str,
        after: &'r str,
        last_repeat: Option<&'r str>,
    ) -> Result<&'r str, Failure<'r>> {
        let after = after.strip_prefix('?').unwrap_or(after);
        if let Some(last) = last_repeat {
            return Err(("invalid nested repetition operator", up_to(last, after)));
        }
        let Some(repeats) = self.top().last else {
            return Err((
                "missing argument to repetition operator",
                up_to(before, after),
            ));
        };
        let repeats = repeats.saturating_mul(times);
        if times >= 2 && repeats > MOST_REPEATS {
            return Err(("invalid repeat count", up_to(before, after)));
        }
        self.push(repeats);
        Ok(after)
    }

    /// `(?P<name>`, `(?<name>`, `(?flags)` and `(?flags:`.
    fn flags(&mut self, text: &'r str) -> Result<&'r str, Failure<'r>> {
        let name = text
            .strip_prefix("(?P<")
            .or_else(|| text.strip_prefix("(?<"));
        if let Some(name) = name {
            let Some((name, rest)) = name.split_once('>') else {
                return Err(("invalid named capture", text));
            };
            let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if name.is_empty() || !name.chars().all(is_word) {
                return Err(("invalid named capture", up_to(text, rest)));
            }
            self.groups.push(Group::default());
            return Ok(rest);
        }
        let mut rest = skip(text, 2);
        let mut negated = false;
        let mut has_flag = false;
        while let Some(c) = rest.chars().next() {
            rest = skip(rest, c.len_utf8());
            match c {
                'i' | 'm' | 's' | 'U' => has_flag = true,
                '-' if !negated => {
                    negated = true;
                    has_flag = false;
                }
                ':' | ')' if !negated || has_flag => {
                    if c == ':' {
                        self.groups.push(Group::default());
                    }
                    return Ok(rest);
                }
                _ => break,
            }
        }
        Err(("invalid or unsupported Perl syntax", up_to(text, rest)))
    }

    /// What begins with a backslash, outside of classes.
    fn escape(&mut self, text: &'r str) -> Result<&'r str, Failure<'r>> {
        match text.as_bytes().get(1) {
            Some(b'A' | b'b' | b'B' | b'z') => {
                self.atom();
                return Ok(skip(text, 2));
            }
            Some(b'C') => return Err(("invalid escape sequence", up_to(text, skip(text, 2)))),
            Some(b'Q') => {
                let literal = skip(text, 2);
                let (literal, rest) = literal.split_once("\\E").unwrap_or((literal, ""));
                if !literal.is_empty() {
                    self.atom();
                }
                return Ok(rest);
            }
            _ => {}
        }
        let rest = match named_class(text)? {
            Some(rest) => rest,
            None => character(text)?.1,
        };
        self.atom();
        Ok(rest)
    }
}

/// The text behind its first `bytes`, which end at a character.
fn skip(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// The part of `text` before `rest`, which is its end.
fn up_to<'r>(text: &'r str, rest: &str) -> &'r str {
    text.get(..text.len().saturating_sub(rest.len()))
        .unwrap_or(text)
}

/// Reads `{n}`, `{n,}` and `{n,m}`: the least, the most (`None` for no bound) and the rest. Anything
/// else is literal text.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (least, rest) = count(text.strip_prefix('{')?)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (most, rest) = count(rest)?;
            (Some(most), rest)
        }
    };
    Some((least, most, rest.strip_prefix('}')?))
}

/// Reads a number without leading zeros; one that is far too big is `u32::MAX`.
fn count(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

/// A bracketed class.
fn class(text: &str) -> Result<&str, Failure<'_>> {
    let mut rest = skip(text, 1);
    rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut is_first = true;
    loop {
        if !is_first && let Some(after) = rest.strip_prefix(']') {
            return Ok(after);
        }
        is_first = false;
        if let Some(after) = posix_class(rest)? {
            rest = after;
            continue;
        }
        if let Some(after) = named_class(rest)? {
            rest = after;
            continue;
        }
        let range = rest;
        let (low, after) = class_character(rest, text)?;
        rest = after;
        let is_range = rest.len() >= 2 && rest.starts_with('-') && !rest.starts_with("-]");
        if is_range {
            let (high, after) = class_character(skip(rest, 1), text)?;
            if high < low {
                return Err(("invalid character class range", up_to(range, after)));
            }
            rest = after;
        }
    }
}

fn class_character<'r>(text: &'r str, class: &'r str) -> Result<(u32, &'r str), Failure<'r>> {
    match text.chars().next() {
        None => Err(("missing closing ]", class)),
        Some('\\') => character(text),
        Some(c) => Ok((u32::from(c), skip(text, c.len_utf8()))),
    }
}

/// `[:alpha:]` and the like, inside of a class.
fn posix_class(text: &str) -> Result<Option<&str>, Failure<'_>> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|t| t.split_once(":]")) else {
        return Ok(None);
    };
    let plain = name.strip_prefix('^').unwrap_or(name);
    if NAMES.contains(&plain) {
        Ok(Some(rest))
    } else {
        Err(("invalid character class range", up_to(text, rest)))
    }
}

/// `\d` and the like, and `\p{Greek}`.
fn named_class(text: &str) -> Result<Option<&str>, Failure<'_>> {
    let Some(tail) = text.strip_prefix('\\') else {
        return Ok(None);
    };
    match tail.as_bytes().first() {
        Some(b'd' | b'D' | b's' | b'S' | b'w' | b'W') => return Ok(Some(skip(tail, 1))),
        Some(b'p' | b'P') => {}
        _ => return Ok(None),
    }
    let tail = skip(tail, 1);
    let (name, rest) = if let Some(braced) = tail.strip_prefix('{') {
        match braced.split_once('}') {
            Some(parts) => parts,
            None => return Err(("invalid character class range", text)),
        }
    } else {
        let end = tail.chars().next().map_or(0, char::len_utf8);
        (up_to(tail, skip(tail, end)), skip(tail, end))
    };
    let plain = name.strip_prefix('^').unwrap_or(name);
    if is_unicode_class(plain) {
        Ok(Some(rest))
    } else {
        Err(("invalid character class range", up_to(text, rest)))
    }
}

/// Whether it names a category or a script.
fn is_unicode_class(name: &str) -> bool {
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    !name.is_empty()
        && name.chars().all(is_name)
        && regex_syntax::parse(&format!("\\p{{{name}}}")).is_ok()
}

/// A character written with a backslash.
fn character(text: &str) -> Result<(u32, &str), Failure<'_>> {
    let tail = skip(text, 1);
    let Some(c) = tail.chars().next() else {
        return Err(("trailing backslash at end of expression", ""));
    };
    let mut rest = skip(tail, c.len_utf8());
    let is_octal = |text: &str| text.starts_with(|c: char| c.is_digit(8));
    let value = match c {
        '1'..='7' if !is_octal(rest) => None,
        '0'..='7' => {
            let mut value = c.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(8)) else {
                    break;
                };
                value = value * 8 + digit;
                rest = skip(rest, 1);
            }
            Some(value)
        }
        'x' => {
            let (value, after) = hexadecimal(rest);
            rest = after;
            value
        }
        'a' => Some(7),
        'f' => Some(12),
        'n' => Some(10),
        'r' => Some(13),
        't' => Some(9),
        'v' => Some(11),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
        _ => None,
    };
    match value {
        Some(value) => Ok((value, rest)),
        None => Err(("invalid escape sequence", up_to(text, rest))),
    }
}

/// What follows `\x`: two digits, or any number of them in braces.
fn hexadecimal(text: &str) -> (Option<u32>, &str) {
    let mut chars = text.chars();
    if let Some(first) = chars.next().filter(|c| *c != '{') {
        let second = chars.next();
        let value = first
            .to_digit(16)
            .zip(second.and_then(|c| c.to_digit(16)))
            .map(|(high, low)| high * 16 + low);
        return (value, chars.as_str());
    }
    let mut value: Option<u32> = None;
    for c in chars.by_ref() {
        if c == '}' {
            return (value, chars.as_str());
        }
        let Some(digit) = c.to_digit(16) else {
            return (None, chars.as_str());
        };
        let next = value.unwrap_or_default() * 16 + digit;
        if next > u32::from(char::MAX) {
            return (None, chars.as_str());
        }
        value = Some(next);
    }
    (None, "")
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn accepts_what_go_compiles() {
        for expression in [
            "",
            "^/api/v[0-9]+(/.*)?$",
            "(?i)/API",
            "(?P<v>v[0-9])",
            "(?<v>v)(?<v>w)",
            "[[:alpha:]]+",
            "[[:^alpha:]]",
            "a{2,3}?",
            "a{,2}",
            "a{",
            "{",
            "a{02}",
            "[]a]",
            "[^]a]",
            "[a-]",
            "[-a]",
            "]",
            "}",
            "^*",
            "()*",
            "a||b",
            "(|a)",
            "(?:a|b)*c",
            "(?i-s:a)",
            "(?-s:a)",
            r"\Qa.b\E+",
            r"\Q(",
            r"\x{10FFFF}\x41\012\0",
            r"\pN\p{Greek}\P{^L}",
            r"\.\-\/\_",
            r"[\d\-z]",
            r"[\]a]",
            "(x{20}){50}",
            "(x{0}){1000}",
            "grüße+",
        ] {
            assert_eq!(check(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn refuses_what_go_refuses_in_its_words() {
        for (expression, kind, part) in [
            ("(?!a)", "invalid or unsupported Perl syntax", "(?!"),
            ("(?=a)", "invalid or unsupported Perl syntax", "(?="),
            ("(?x)a", "invalid or unsupported Perl syntax", "(?x"),
            ("(?<=a)b", "invalid named capture", "(?<=a)b"),
            ("(?P<a b>c)", "invalid named capture", "(?P<a b>"),
            (r"(a)\1", "invalid escape sequence", r"\1"),
            (r"\8", "invalid escape sequence", r"\8"),
            (r"\Z", "invalid escape sequence", r"\Z"),
            (r"\C", "invalid escape sequence", r"\C"),
            (r"\x{110000}", "invalid escape sequence", r"\x{110000"),
            ("/a(", "missing closing )", "/a("),
            ("a)", "unexpected )", "a)"),
            ("[a", "missing closing ]", "[a"),
            ("[a-", "missing closing ]", "[a-"),
            ("*/a", "missing argument to repetition operator", "*"),
            ("(*a)", "missing argument to repetition operator", "*"),
            ("a|*", "missing argument to repetition operator", "*"),
            (r"\Q\E*", "missing argument to repetition operator", "*"),
            ("a**", "invalid nested repetition operator", "**"),
            ("a{2}+?", "invalid nested repetition operator", "{2}+?"),
            ("[z-a]", "invalid character class range", "z-a"),
            (r"[a-\d]", "invalid escape sequence", r"\d"),
            ("[[:foo:]]", "invalid character class range", "[:foo:]"),
            (
                r"\p{Klingon}",
                "invalid character class range",
                r"\p{Klingon}",
            ),
            ("a{1001}", "invalid repeat count", "{1001}"),
            ("a{9876543210}", "invalid repeat count", "{9876543210}"),
            ("a{3,2}", "invalid repeat count", "{3,2}"),
            ("(x{50}){50}", "invalid repeat count", "{50}"),
            ("a\\", "trailing backslash at end of expression", ""),
        ] {
            assert_eq!(
                check(expression),
                Err(format!("error parsing regexp: {kind}: `{part}`")),
                "{expression}"
            );
        }
    }
}
