//! The tokens of a template.

use super::ast::At;
use super::fault::{Fault, Reason, Res};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text between actions, after trimming.
    Text,
    /// `{{` with its trim marker.
    Left,
    /// `}}` with its trim marker.
    Right,
    Declare,
    Assign,
    Pipe,
    Comma,
    LeftParen,
    RightParen,
    Str,
    Raw,
    Char,
    Number,
    /// `.name`, the dot included.
    Field,
    Dot,
    /// `$name`, the dollar included.
    Variable,
    /// A name: of a function, a keyword or a constant.
    Word,
    /// The end of the template.
    End,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: At,
    /// Whether white space stands before it.
    pub(super) spaced: bool,
}

/// The tokens of a template.
pub(super) fn lex(text: &[u8]) -> Result<Vec<Token>, (u32, Box<Fault>)> {
    let mut lexer = Lexer {
        text,
        pos: 0,
        tokens: Vec::new(),
    };
    lexer
        .run()
        .map_err(|fault| (super::text::offset(lexer.pos.min(text.len())), fault))?;
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t [u8],
    pos: usize,
    tokens: Vec<Token>,
}

fn error<T>(message: impl Into<String>) -> Res<T> {
    Err(Fault::new(Reason::Parse, message))
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

impl Lexer<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.pos).copied()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.pos + ahead).copied()
    }

    fn push(&mut self, kind: Kind, start: usize, spaced: bool) {
        let at = At {
            start: super::text::offset(start),
            end: super::text::offset(self.pos),
        };
        self.tokens.push(Token { kind, at, spaced });
    }

    fn run(&mut self) -> Res<()> {
        loop {
            let start = self.pos;
            let left = find(self.rest(), b"{{");
            let mut end = left.map_or(self.text.len(), |at| start + at);
            let trims = left.is_some()
                && self.text.get(end + 2) == Some(&b'-')
                && self.text.get(end + 3).copied().is_some_and(is_space);
            let after = end + if trims { 3 } else { 2 };
            let left_at = end;
            if trims {
                while end > start && self.text.get(end - 1).copied().is_some_and(is_space) {
                    end -= 1;
                }
            }
            if end > start {
                self.pos = end;
                self.push(Kind::Text, start, false);
            }
            if left.is_none() {
                self.pos = self.text.len();
                self.push(Kind::End, self.pos, false);
                return Ok(());
            }
            self.pos = after;
            let comment = self.pos + usize::from(trims);
            if self
                .text
                .get(comment..)
                .unwrap_or_default()
                .starts_with(b"/*")
            {
                self.pos = comment;
                self.comment()?;
                continue;
            }
            self.push(Kind::Left, left_at, false);
            self.action(left_at)?;
        }
    }

    fn comment(&mut self) -> Res<()> {
        let Some(end) = find(self.rest(), b"*/") else {
            return error("unclosed comment");
        };
        self.pos += end + 2;
        match self.right() {
            Some(len) => {
                self.close(len);
                Ok(())
            }
            None => error("comment ends before closing delimiter"),
        }
    }

    /// The length of the closing delimiter that stands here.
    fn right(&self) -> Option<usize> {
        let rest = self.rest();
        if rest.starts_with(b"}}") {
            return Some(2);
        }
        let trims = rest.first().copied().is_some_and(is_space)
            && rest.get(1..).unwrap_or_default().starts_with(b"-}}");
        trims.then_some(4)
    }

    /// Steps over the closing delimiter and the white space that it trims.
    fn close(&mut self, len: usize) {
        self.pos += len;
        if len > 2 {
            while self.peek().is_some_and(is_space) {
                self.pos += 1;
            }
        }
    }

    fn action(&mut self, opened: usize) -> Res<()> {
        let mut depth = 0_usize;
        let mut spaced = false;
        loop {
            if let Some(len) = self.right() {
                if depth > 0 {
                    return error("unclosed left paren");
                }
                let start = self.pos;
                self.pos += len;
                self.push(Kind::Right, start, spaced);
                self.pos = start;
                self.close(len);
                return Ok(());
            }
            let start = self.pos;
            let Some(byte) = self.peek() else {
                self.pos = opened;
                return error("unclosed action");
            };
            if is_space(byte) {
                self.pos += 1;
                spaced = true;
                continue;
            }
            let kind = match byte {
                b'=' => self.single(Kind::Assign),
                b':' if self.byte(1) == Some(b'=') => {
                    self.pos += 2;
                    Kind::Declare
                }
                b':' => return error("expected :="),
                b'|' => self.single(Kind::Pipe),
                b',' => self.single(Kind::Comma),
                b'(' => {
                    depth += 1;
                    self.single(Kind::LeftParen)
                }
                b')' => {
                    if depth == 0 {
                        return error("unexpected right paren");
                    }
                    depth -= 1;
                    self.single(Kind::RightParen)
                }
                b'"' => self.quoted(b'"', "unterminated quoted string", Kind::Str)?,
                b'\'' => self.quoted(b'\'', "unterminated character constant", Kind::Char)?,
                b'`' => {
                    let rest = self.text.get(start + 1..).unwrap_or_default();
                    let Some(end) = rest.iter().position(|byte| *byte == b'`') else {
                        return error("unterminated raw quoted string");
                    };
                    self.pos = start + 1 + end + 1;
                    Kind::Raw
                }
                b'$' => self.name(Kind::Variable)?,
                b'.' if !self.byte(1).is_some_and(|next| next.is_ascii_digit()) => {
                    let kind = self.name(Kind::Field)?;
                    if self.pos == start + 1 {
                        Kind::Dot
                    } else {
                        kind
                    }
                }
                b'.' | b'+' | b'-' | b'0'..=b'9' => self.number()?,
                _ if self.letter().is_some() => {
                    self.pos -= 1;
                    self.name(Kind::Word)?
                }
                _ => return error(format!("unexpected {} in action", self.shown())),
            };
            self.push(kind, start, spaced);
            spaced = false;
        }
    }

    fn single(&mut self, kind: Kind) -> Kind {
        self.pos += 1;
        kind
    }

    fn quoted(&mut self, quote: u8, unterminated: &str, kind: Kind) -> Res<Kind> {
        self.pos += 1;
        loop {
            match self.peek() {
                Some(b'\\') if self.byte(1).is_some_and(|next| next != b'\n') => self.pos += 2,
                None | Some(b'\n' | b'\\') => return error(unterminated),
                Some(byte) => {
                    self.pos += 1;
                    if byte == quote {
                        return Ok(kind);
                    }
                }
            }
        }
    }

    /// The length of the letter, digit or underscore that stands here.
    fn letter(&self) -> Option<usize> {
        let (char, len) = decode(self.rest())?;
        (char == '_' || char.is_alphanumeric()).then_some(len)
    }

    /// A name after one byte, which may be a dot or a dollar.
    fn name(&mut self, kind: Kind) -> Res<Kind> {
        self.pos += 1;
        while let Some(len) = self.letter() {
            self.pos += len;
        }
        let ends = self.right().is_some()
            || self.peek().is_none_or(|byte| {
                is_space(byte) || matches!(byte, b'.' | b',' | b'|' | b':' | b')' | b'(')
            });
        if ends {
            Ok(kind)
        } else {
            error(format!("bad character {}", self.shown()))
        }
    }

    fn number(&mut self) -> Res<Kind> {
        let start = self.pos;
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.pos += 1;
        }
        let based = self.peek() == Some(b'0')
            && matches!(self.byte(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
        let hex = based && matches!(self.byte(1), Some(b'x' | b'X'));
        if based {
            self.pos += 2;
        }
        loop {
            match self.peek() {
                Some(b'0'..=b'9' | b'_' | b'.') => {}
                Some(b'a'..=b'f' | b'A'..=b'F') if hex => {}
                Some(b'e' | b'E') if !based => self.exponent_sign(),
                Some(b'p' | b'P') if hex => self.exponent_sign(),
                _ => break,
            }
            self.pos += 1;
        }
        if self.letter().is_some() || self.pos == start {
            return error("bad number syntax");
        }
        Ok(Kind::Number)
    }

    /// Steps over the sign that may follow the exponent's letter.
    fn exponent_sign(&mut self) {
        if matches!(self.byte(1), Some(b'+' | b'-')) {
            self.pos += 1;
        }
    }

    fn shown(&self) -> String {
        match decode(self.rest()) {
            Some((char, _)) => format!("{char:?}"),
            None => "the end".to_owned(),
        }
    }
}

/// The first character of some bytes and its length; a byte that is no UTF-8 is one character.
pub(super) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    for len in 2..=4 {
        if let Some(part) = bytes.get(..len)
            && let Ok(text) = std::str::from_utf8(part)
        {
            return text.chars().next().map(|char| (char, len));
        }
    }
    Some((char::REPLACEMENT_CHARACTER, 1))
}

/// Where `needle` first stands in `bytes`.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        if bytes.get(from + at..)?.starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
