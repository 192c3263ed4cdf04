//! Block scalars: `|` and `>`.

use super::{ScalarStyle, ScalarToken, Scanner, Token, TokenKind, span};
use crate::yaml::tree::SyntaxError;

/// Which of the last line breaks belong to the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// None.
    Strip,
    /// That of the last line.
    Clip,
    /// All.
    Keep,
}

impl Scanner<'_> {
    pub(super) fn block_scalar(&mut self) -> Result<Token, SyntaxError> {
        let is_literal = self.at(0) == b'|';
        self.position += 1;
        let (chomping, increment) = self.block_header()?;
        let mut is_line_broken = self.position == self.line;
        let mut indent = increment.map(|increment| self.indent.max(0) + increment);
        let from = self.cooked.len();
        let mut breaks = String::new();
        self.block_breaks(&mut indent, &mut breaks, is_line_broken)?;
        let start = self.position;
        let mut end = start;
        let mut last_break = "";
        let mut after_blank = false;
        while indent == Some(self.column()) && !self.is_end() {
            let is_blank = self.is_blank();
            if !is_literal && !after_blank && !is_blank && last_break == "\n" {
                if breaks.is_empty() {
                    self.cooked.push(' ');
                }
            } else {
                self.cooked.push_str(last_break);
            }
            self.cooked.push_str(&breaks);
            breaks.clear();
            after_blank = is_blank;
            let line = self.position;
            self.skip_line_text();
            self.cook(line, self.position);
            // The reader behind kubectl ends the last line of a file with a line feed.
            is_line_broken = !self.is_end();
            last_break = if is_line_broken {
                self.read_break()
            } else {
                "\n"
            };
            end = self.position;
            self.block_breaks(&mut indent, &mut breaks, is_line_broken)?;
        }
        if chomping != Chomping::Strip {
            self.cooked.push_str(last_break);
        }
        if chomping == Chomping::Keep {
            self.cooked.push_str(&breaks);
        }
        Ok(Token {
            kind: TokenKind::Scalar(ScalarToken {
                style: ScalarStyle::Block,
                value: span(from, self.cooked.len()),
                cooked: true,
            }),
            span: span(start, end),
        })
    }

    /// What stands behind the indicator: how to chomp, and how far to the right the text begins.
    fn block_header(&mut self) -> Result<(Chomping, Option<isize>), SyntaxError> {
        let mut chomping = None;
        let mut increment = None;
        for _ in 0..2 {
            match self.at(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment.is_none() => {
                    return Err(self.error("found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => {
                    increment = Some(isize::from(digit - b'0'));
                }
                _ => break,
            }
            self.position += 1;
        }
        self.rest_of_line()?;
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    /// Indentation and empty lines. The first line that is not empty decides the indentation when
    /// the header does not. The end of a file ends its last line, unless that was done already.
    fn block_breaks(
        &mut self,
        indent: &mut Option<isize>,
        breaks: &mut String,
        is_line_broken: bool,
    ) -> Result<(), SyntaxError> {
        let mut deepest = 0;
        loop {
            while self.at(0) == b' ' && indent.is_none_or(|indent| self.column() < indent) {
                self.position += 1;
            }
            deepest = deepest.max(self.column());
            if self.at(0) == b'\t' && indent.is_none_or(|indent| self.column() < indent) {
                let message = "found a tab character where an indentation space is expected";
                return Err(self.error(message));
            }
            match self.read_break() {
                "" => break,
                line_break => breaks.push_str(line_break),
            }
        }
        if self.is_end() && is_line_broken && !matches!(self.bytes.last(), Some(b'\n' | b'\r')) {
            breaks.push('\n');
        }
        if indent.is_none() {
            *indent = Some(deepest.max(self.indent + 1).max(1));
        }
        Ok(())
    }
}
