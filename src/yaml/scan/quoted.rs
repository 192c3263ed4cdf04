//! Scalars in quotes.

use super::chars::Fold;
use super::{ScalarStyle, ScalarToken, Scanner, Token, TokenKind, span};
use crate::yaml::tree::SyntaxError;

impl Scanner<'_> {
    /// A scalar in single or double quotes. Its lines may begin anywhere, left of its key as well.
    pub(super) fn quoted(&mut self) -> Result<Token, SyntaxError> {
        let start = self.position;
        let quote = self.at(0);
        let is_single = quote == b'\'';
        self.position += 1;
        // Where the piece begins that is yet to be copied, and where the copy begins.
        let mut piece = self.position;
        let mut cooked = None;
        loop {
            if self.is_document_indicator() {
                return Err(self.error("found unexpected document indicator in a quoted scalar"));
            }
            if self.is_end() {
                let message = "found unexpected end of stream: this quote is never closed";
                return Err(self.error_at(start, message));
            }
            let mut fold = None;
            while !self.is_blank_or_end(0) {
                let c = self.at(0);
                if c == quote && !(is_single && self.at(1) == quote) {
                    break;
                }
                if c == quote {
                    // Of two quotes one is kept.
                    cooked.get_or_insert(self.cooked.len());
                    self.cook(piece, self.position + 1);
                    self.position += 2;
                    piece = self.position;
                } else if c == b'\\' && !is_single {
                    cooked.get_or_insert(self.cooked.len());
                    self.cook(piece, self.position);
                    if self.break_length(1) > 0 {
                        self.position += 1;
                        self.skip_break();
                        piece = self.position;
                        fold = Some(Fold::default());
                        break;
                    }
                    let c = self.escape()?;
                    self.cooked.push(c);
                    piece = self.position;
                } else {
                    self.position += 1;
                }
            }
            if self.at(0) == quote {
                break;
            }
            let end = self.position;
            self.blanks_of_quoted(&mut fold);
            if let Some(fold) = fold {
                cooked.get_or_insert(self.cooked.len());
                self.cook(piece, end);
                fold.write(&mut self.cooked);
                piece = self.position;
            }
        }
        let end = self.position;
        self.position += 1;
        let value = match cooked {
            None => span(piece, end),
            Some(from) => {
                self.cook(piece, end);
                span(from, self.cooked.len())
            }
        };
        Ok(Token {
            kind: TokenKind::Scalar(ScalarToken {
                style: ScalarStyle::Quoted,
                value,
                cooked: cooked.is_some(),
            }),
            span: span(start, self.position),
        })
    }

    fn blanks_of_quoted(&mut self, fold: &mut Option<Fold>) {
        loop {
            if self.is_blank() {
                self.position += 1;
                continue;
            }
            match (self.read_break(), fold.as_mut()) {
                ("", _) => return,
                (first, None) => {
                    *fold = Some(Fold {
                        first,
                        rest: String::new(),
                    });
                }
                (more, Some(fold)) => fold.rest.push_str(more),
            }
        }
    }

    /// The character that an escape sequence stands for.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let c = match self.at(1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{B}',
            b'f' => '\u{C}',
            b'r' => '\r',
            b'e' => '\u{1B}',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.code(2),
            b'u' => return self.code(4),
            b'U' => return self.code(8),
            _ => return Err(self.error("found unknown escape character")),
        };
        self.position += 2;
        Ok(c)
    }

    /// The character of a code of so many digits.
    fn code(&mut self, digits: usize) -> Result<char, SyntaxError> {
        let mut value = 0;
        for digit in 0..digits {
            let digit = char::from(self.at(2 + digit)).to_digit(16);
            let Some(digit) = digit else {
                return Err(self.error("did not find expected hexdecimal number"));
            };
            value = value << 4 | digit;
        }
        let Some(c) = char::from_u32(value) else {
            return Err(self.error("found invalid Unicode character escape code"));
        };
        self.position += 2 + digits;
        Ok(c)
    }
}
