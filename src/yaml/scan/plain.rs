//! Scalars without quotes.

use super::chars::Fold;
use super::{ScalarStyle, ScalarToken, Scanner, Token, TokenKind, narrow, span};
use crate::yaml::Span;
use crate::yaml::tree::SyntaxError;

impl Scanner<'_> {
    /// A plain scalar. It may go on over lines; then its value stands in the cooked text.
    pub(super) fn plain(&mut self) -> Result<Token, SyntaxError> {
        let start = self.position;
        let indent = self.indent + 1;
        let mut end = start;
        // Where the piece begins that is yet to be copied, and where the copy begins.
        let mut piece = start;
        let mut cooked = None;
        let mut fold: Option<Fold> = None;
        while !self.is_document_indicator() && self.at(0) != b'#' {
            let run = self.position;
            while !self.is_blank_or_end(0) && !self.ends_plain() {
                self.position += 1;
            }
            if self.position > run {
                if let Some(fold) = fold.take() {
                    cooked.get_or_insert(self.cooked.len());
                    self.cook(piece, end);
                    fold.write(&mut self.cooked);
                    piece = run;
                }
                end = self.position;
            }
            if !self.is_blank() && self.break_length(0) == 0 {
                break;
            }
            self.blanks_of_plain(indent, &mut fold)?;
            if self.flow == 0 && self.column() < indent {
                break;
            }
        }
        if fold.is_some() {
            self.key_allowed = true;
        }
        let value = match cooked {
            None => span(start, end),
            Some(from) => {
                self.cook(piece, end);
                span(from, self.cooked.len())
            }
        };
        Ok(Token {
            kind: TokenKind::Scalar(ScalarToken {
                style: ScalarStyle::Plain,
                value,
                cooked: cooked.is_some(),
            }),
            span: Span {
                start: narrow(start),
                end: narrow(end),
            },
        })
    }

    /// Whether the character here ends a plain scalar. Between brackets a `:` does so before
    /// white space alone, so that `[2001:db8::1]` and `{a:1}` are text.
    fn ends_plain(&self) -> bool {
        match self.at(0) {
            b':' => self.is_blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
            _ => false,
        }
    }

    /// Blanks and line breaks within a plain scalar, or behind it.
    fn blanks_of_plain(
        &mut self,
        indent: isize,
        fold: &mut Option<Fold>,
    ) -> Result<(), SyntaxError> {
        loop {
            if self.is_blank() {
                if fold.is_some() && self.at(0) == b'\t' && self.column() < indent {
                    return Err(self.error("found a tab character that violates indentation"));
                }
                self.position += 1;
                continue;
            }
            match (self.read_break(), fold.as_mut()) {
                ("", _) => return Ok(()),
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
}
