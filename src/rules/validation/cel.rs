//! The syntax of CEL, the Common Expression Language: whether an expression parses. Names and
//! types are not looked at; the standard macros are, since they belong to the syntax.

/// The longest expression, in bytes. The API server bounds what it evaluates, not its text; an
/// expression for a proxy has no business being longer.
const MOST_BYTES: usize = 10_000;

/// Parses an expression; the error says what was found where.
pub(super) fn parse(text: &str) -> Result<(), String> {
    if text.len() > MOST_BYTES {
        return Err(format!(
            "expression has {} bytes, and more than {MOST_BYTES} are not read",
            text.len()
        ));
    }
    let tokens = Lexer { rest: text, text }.tokens()?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        depth: 0,
        end: text.len(),
    };
    parser.expression()?;
    match parser.peek() {
        None => Ok(()),
        Some(_) => Err(parser.unexpected()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    /// A name that is no keyword.
    Name(&'t str),
    /// A number, string, bytes, `true`, `false` or `null`.
    Literal,
    /// An operator, a bracket, or `in`.
    Sign(&'static str),
}

struct Lexer<'t> {
    rest: &'t str,
    text: &'t str,
}

/// Signs, longer ones before their beginnings.
const SIGNS: [&str; 26] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "-", "+", "*", "/", "%", "(", ")", "[", "]",
    "{", "}", ".", ",", "?", ":", "=", "&",
];

impl<'t> Lexer<'t> {
    fn tokens(mut self) -> Result<Vec<(Token<'t>, usize)>, String> {
        let mut tokens = Vec::new();
        loop {
            self.skip_space();
            if self.rest.is_empty() {
                return Ok(tokens);
            }
            let at = self.text.len() - self.rest.len();
            tokens.push((self.token(at)?, at));
        }
    }

    fn skip_space(&mut self) {
        loop {
            self.rest = self
                .rest
                .trim_start_matches([' ', '\t', '\r', '\n', '\x0c']);
            match self.rest.strip_prefix("//") {
                Some(comment) => {
                    self.rest = comment
                        .find('\n')
                        .map_or("", |end| comment.get(end..).unwrap_or_default());
                }
                None => return,
            }
        }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn token(&mut self, at: usize) -> Result<Token<'t>, String> {
        let bytes = self.rest.as_bytes();
        let first = bytes.first().copied().unwrap_or_default();
        let second = bytes.get(1).copied().unwrap_or_default();
        if first.is_ascii_digit() || (first == b'.' && second.is_ascii_digit()) {
            return self.number(at);
        }
        if let Some(length) = string_prefix(self.rest) {
            return self.string(length, at);
        }
        if first.is_ascii_alphabetic() || first == b'_' {
            let length = bytes
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                .count();
            return Ok(match self.take(length) {
                "in" => Token::Sign("in"),
                "true" | "false" | "null" => Token::Literal,
                name => Token::Name(name),
            });
        }
        let known = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
        match known {
            Some(sign) if *sign != "=" && *sign != "&" => {
                self.take(sign.len());
                Ok(Token::Sign(sign))
            }
            _ => Err(format!(
                "token recognition error at {:?}, column {}",
                self.rest.chars().next().unwrap_or_default(),
                at + 1
            )),
        }
    }

    fn number(&mut self, at: usize) -> Result<Token<'t>, String> {
        let text = self.rest;
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let after = |length: usize| text.get(length..).unwrap_or_default();
        let hex = text
            .strip_prefix("0x")
            .map(|rest| rest.bytes().take_while(u8::is_ascii_hexdigit).count())
            .filter(|length| *length > 0);
        let (value, mut length) = if let Some(hex) = hex {
            let digits = text.get(2..2 + hex).unwrap_or_default();
            (u64::from_str_radix(digits, 16).ok(), 2 + hex)
        } else {
            let whole = digits(text);
            let fraction = after(whole)
                .strip_prefix('.')
                .map(digits)
                .filter(|length| *length > 0);
            let mut length = whole + fraction.map_or(0, |digits| digits + 1);
            let exponent = after(length).strip_prefix(['e', 'E']).and_then(|rest| {
                let sign = usize::from(rest.starts_with(['+', '-']));
                let count = digits(rest.get(sign..).unwrap_or_default());
                (count > 0).then_some(1 + sign + count)
            });
            length += exponent.unwrap_or(0);
            if fraction.is_some() || exponent.is_some() {
                self.take(length);
                return Ok(Token::Literal);
            }
            (text.get(..whole).and_then(|d| d.parse().ok()), whole)
        };
        let unsigned = after(length).starts_with(['u', 'U']);
        length += usize::from(unsigned);
        // -9223372036854775808 is an integer too; its sign is a token of its own here.
        let most = if unsigned { u64::MAX } else { 1 << 63 };
        self.take(length);
        match value {
            Some(value) if value <= most => Ok(Token::Literal),
            _ => Err(format!("invalid int literal, column {}", at + 1)),
        }
    }

    /// A string or bytes literal whose prefix letters are `prefix` long.
    fn string(&mut self, prefix: usize, at: usize) -> Result<Token<'t>, String> {
        let fail = || Err(format!("unterminated string, column {}", at + 1));
        let raw = self.take(prefix).contains(['r', 'R']);
        let quote = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find(|quote| self.rest.starts_with(quote))
            .unwrap_or("'");
        self.take(quote.len());
        loop {
            if self.rest.starts_with(quote) {
                self.take(quote.len());
                return Ok(Token::Literal);
            }
            let Some(c) = self.rest.chars().next() else {
                return fail();
            };
            if quote.len() == 1 && (c == '\n' || c == '\r') {
                return fail();
            }
            let length = if c == '\\' && !raw {
                match escape_length(self.rest) {
                    Some(length) => length,
                    None => return Err(format!("invalid escape in string, column {}", at + 1)),
                }
            } else {
                c.len_utf8()
            };
            self.take(length);
        }
    }
}

/// The number of letters before the quote when a string or bytes literal begins here.
fn string_prefix(text: &str) -> Option<usize> {
    let letters = text.bytes().take(3).position(|b| b == b'"' || b == b'\'')?;
    let prefix = text.get(..letters)?;
    matches!(
        prefix.to_ascii_lowercase().as_str(),
        "" | "r" | "b" | "br" | "rb"
    )
    .then_some(letters)
}

/// The length of the escape sequence that begins here.
fn escape_length(text: &str) -> Option<usize> {
    let hex = |from: usize, count: usize| {
        let digits = text.as_bytes().get(from..from + count)?;
        digits
            .iter()
            .all(u8::is_ascii_hexdigit)
            .then_some(from + count)
    };
    match text.as_bytes().get(1)? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`' => {
            Some(2)
        }
        b'x' | b'X' => hex(2, 2),
        b'u' => hex(2, 4),
        b'U' => hex(2, 8),
        b'0'..=b'3' => {
            let digits = text.as_bytes().get(2..4)?;
            digits
                .iter()
                .all(|b| (b'0'..=b'7').contains(b))
                .then_some(4)
        }
        _ => None,
    }
}

/// What an expression is, as far as macros ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A plain name.
    Name,
    /// A field of something.
    Field,
    /// Anything else.
    Other,
}

struct Parser<'p, 't> {
    tokens: &'p [(Token<'t>, usize)],
    next: usize,
    depth: u32,
    end: usize,
}

/// How deep expressions may nest.
const MOST_DEPTH: u32 = 250;

const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The binary operators, weakest first.
const LEVELS: [&[&str]; 5] = [
    &["||"],
    &["&&"],
    &["<", "<=", ">=", ">", "==", "!=", "in"],
    &["+", "-"],
    &["*", "/", "%"],
];

type Parsed = Result<Shape, String>;

impl<'t> Parser<'_, 't> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    fn accept(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if s == sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.accept(sign) {
            Ok(())
        } else {
            Err(format!("{}, expecting '{sign}'", self.unexpected()))
        }
    }

    fn unexpected(&self) -> String {
        let at = self.tokens.get(self.next).map_or(self.end, |(_, at)| *at);
        let what = match self.peek() {
            None => "end of expression".to_owned(),
            Some(Token::Literal) => "literal".to_owned(),
            Some(Token::Name(name)) => format!("'{name}'"),
            Some(Token::Sign(sign)) => format!("'{sign}'"),
        };
        format!("syntax error: unexpected {what}, column {}", at + 1)
    }

    fn name(&mut self) -> Result<&'t str, String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(format!("expression nests deeper than {MOST_DEPTH}"));
        }
        let mut shape = self.binary(&LEVELS)?;
        if self.accept("?") {
            self.binary(&LEVELS)?;
            self.expect(":")?;
            self.expression()?;
            shape = Shape::Other;
        }
        self.depth -= 1;
        Ok(shape)
    }

    fn binary(&mut self, levels: &[&[&str]]) -> Parsed {
        let Some((operators, tighter)) = levels.split_first() else {
            return self.unary();
        };
        let mut shape = self.binary(tighter)?;
        while operators.iter().any(|operator| self.accept(operator)) {
            self.binary(tighter)?;
            shape = Shape::Other;
        }
        Ok(shape)
    }

    fn unary(&mut self) -> Parsed {
        for sign in ["!", "-"] {
            if self.accept(sign) {
                while self.accept(sign) {}
                self.member()?;
                return Ok(Shape::Other);
            }
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let mut shape = self.primary()?;
        loop {
            if self.accept(".") {
                let name = self.name()?;
                shape = if self.accept("(") {
                    let arguments = self.list(")")?;
                    check_member_macro(name, &arguments)?;
                    Shape::Other
                } else {
                    Shape::Field
                };
            } else if self.accept("[") {
                self.expression()?;
                self.expect("]")?;
                shape = Shape::Other;
            } else {
                return Ok(shape);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        if self.accept("(") {
            let shape = self.expression()?;
            self.expect(")")?;
            return Ok(shape);
        }
        if self.accept("[") {
            self.list("]")?;
            return Ok(Shape::Other);
        }
        if self.accept("{") {
            self.entries(Self::expression)?;
            return Ok(Shape::Other);
        }
        if self.peek() == Some(Token::Literal) {
            self.next += 1;
            return Ok(Shape::Other);
        }
        self.accept(".");
        let name = self.name()?;
        if self.is_message() {
            while self.accept(".") {
                self.name()?;
            }
            self.expect("{")?;
            self.entries(|parser| parser.name().map(|_| Shape::Other))?;
            return Ok(Shape::Other);
        }
        if RESERVED.contains(&name) {
            return Err(format!("reserved identifier: {name}"));
        }
        if !self.accept("(") {
            return Ok(Shape::Name);
        }
        let arguments = self.list(")")?;
        if name == "has" && arguments.len() == 1 && arguments.first() != Some(&Shape::Field) {
            return Err("invalid argument to has() macro".to_owned());
        }
        Ok(Shape::Other)
    }

    /// Whether the name just read begins the type of a message: `a.b.C{`.
    fn is_message(&self) -> bool {
        let mut rest = self.tokens.iter().skip(self.next).map(|(token, _)| *token);
        loop {
            match rest.next() {
                Some(Token::Sign("{")) => return true,
                Some(Token::Sign(".")) => {
                    if !matches!(rest.next(), Some(Token::Name(_))) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }

    /// Expressions up to `close`; a list literal may end in a comma.
    fn list(&mut self, close: &str) -> Result<Vec<Shape>, String> {
        let mut shapes = Vec::new();
        if self.accept(close) {
            return Ok(shapes);
        }
        loop {
            shapes.push(self.expression()?);
            if !self.accept(",") {
                self.expect(close)?;
                return Ok(shapes);
            }
            if close == "]" && self.accept(close) {
                return Ok(shapes);
            }
        }
    }

    /// `key: value` pairs up to the closing brace.
    fn entries(&mut self, key: fn(&mut Self) -> Parsed) -> Result<(), String> {
        loop {
            if self.accept("}") {
                return Ok(());
            }
            key(self)?;
            self.expect(":")?;
            self.expression()?;
            if !self.accept(",") {
                return self.expect("}");
            }
        }
    }
}

/// The macros over lists and maps take the name of a variable first.
fn check_member_macro(name: &str, arguments: &[Shape]) -> Result<(), String> {
    let is_macro = match name {
        "all" | "exists" | "exists_one" | "existsOne" | "filter" => arguments.len() == 2,
        "map" => arguments.len() == 2 || arguments.len() == 3,
        _ => false,
    };
    if is_macro && arguments.first() != Some(&Shape::Name) {
        return Err("argument must be a simple name".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn accepts_what_parses() {
        for text in [
            "response.code >= 400",
            "connection.mtls && request.url_path.contains('v1beta3')",
            "response.code",
            "a ? b : c ? d : e",
            "!has(request.headers) || -1.5e3 < .5 // comment",
            "x in [1, 2u, 0xFF,] ? {'a': 1, 'b': [2]} : google.protobuf.Struct{fields: {}}",
            "l.all(x, x > 0) && l.map(x, x > 1, x) == l.exists_one(y, y)",
            r#"r"\d" + b'\x00' + """multi
line""" + '\u00e9\101'"#,
            "a[0].b(c)[d.e()]",
            "has(a.b.c)",
            "map(1, 2)",
            "--x",
            ".a.b",
        ] {
            assert_eq!(parse(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_what_does_not() {
        for text in [
            "",
            "a =",
            "a = b",
            "a &&",
            "(a",
            "a b",
            "'open",
            "'\\q'",
            "a.in",
            "has(a)",
            "has(a[0])",
            "l.all(x.y, true)",
            "l.filter(1, true)",
            "while",
            "99999999999999999999",
            "a ? b",
            "f(a,)",
            "#",
            "a.?b",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = "(".repeat(9_000);
        assert!(parse(&deep).is_err());
        let long = format!("1{}", " || 1".repeat(2_000));
        assert!(parse(&long).is_err_and(|why| why.contains("10001 bytes")));
    }
}
