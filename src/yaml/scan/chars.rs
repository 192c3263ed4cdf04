//! Characters: line breaks, blanks, and how the scanner moves over them.

use super::{Scanner, signed, span};
use crate::yaml::tree::SyntaxError;

/// The line breaks between two pieces of a scalar, which are folded into one space or fewer breaks.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// The first break; empty after an escaped one.
    pub(super) first: &'static str,
    /// The breaks of the empty lines after it.
    pub(super) rest: String,
}

impl Fold {
    /// Writes what the breaks are folded into.
    pub(super) fn write(&self, out: &mut String) {
        match (self.first, self.rest.as_str()) {
            ("\n", "") => out.push(' '),
            ("\n", rest) => out.push_str(rest),
            (first, rest) => {
                out.push_str(first);
                out.push_str(rest);
            }
        }
    }
}

impl<'s> Scanner<'s> {
    /// The byte so far ahead; 0 behind the end, where no text has one.
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    pub(super) fn rest(&self) -> &'s [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    pub(super) const fn is_end(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// The column in bytes. Only what stands before block collections counts, which is ASCII.
    pub(super) fn column(&self) -> isize {
        signed(self.position.saturating_sub(self.line))
    }

    /// The bytes of the line break so far ahead, 0 if there is none: YAML 1.1 knows more of them
    /// than YAML 1.2.
    pub(super) fn break_length(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\n' => 1,
            b'\r' if self.at(ahead + 1) == b'\n' => 2,
            // Lines are taken without CR LF and given a line feed before the scanner sees them.
            b'\r' if self.at(ahead + 1) == b'\r' && self.at(ahead + 2) == b'\n' => 3,
            b'\r' => 1,
            0xC2 if self.at(ahead + 1) == 0x85 => 2,
            0xE2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self.at(0), b' ' | b'\t')
    }

    pub(super) fn is_break_or_end(&self) -> bool {
        match self.at(0) {
            0 => self.is_end(),
            b'\n' | b'\r' | 0xC2 | 0xE2 => self.break_length(0) > 0,
            _ => false,
        }
    }

    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b' ' | b'\t' => true,
            0 => self.position + ahead >= self.bytes.len(),
            b'\n' | b'\r' | 0xC2 | 0xE2 => self.break_length(ahead) > 0,
            _ => false,
        }
    }

    /// Whether `---` or `...` stands at the beginning of this line.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.position == self.line
            && (self.rest().starts_with(b"---") || self.rest().starts_with(b"..."))
            && self.is_blank_or_end(3)
    }

    /// Goes behind a line break, if one stands here, and gives its length.
    pub(super) fn skip_break(&mut self) -> usize {
        let length = self.break_length(0);
        if length > 0 {
            self.position += length;
            self.line = self.position;
        }
        length
    }

    /// Goes behind a line break and gives what it means.
    pub(super) fn read_break(&mut self) -> &'static str {
        let is_separator = self.at(0) == 0xE2;
        let is_line = is_separator && self.at(2) == 0xA8;
        match (self.skip_break(), is_separator) {
            (0, _) => "",
            (_, false) => "\n",
            (_, true) if is_line => "\u{2028}",
            (_, true) => "\u{2029}",
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.position += 1;
        }
    }

    /// Goes to the end of the line.
    pub(super) fn skip_line_text(&mut self) {
        while !self.is_break_or_end() {
            self.position += 1;
        }
    }

    /// Goes behind a comment, if one stands here.
    pub(super) fn comment(&mut self) {
        if self.at(0) == b'#' {
            let start = self.position;
            self.skip_line_text();
            self.comments.push(span(start, self.position));
        }
    }

    /// What may stand between a header and the end of its line.
    pub(super) fn rest_of_line(&mut self) -> Result<(), SyntaxError> {
        self.skip_blanks();
        self.comment();
        if !self.is_break_or_end() {
            return Err(self.error("did not find expected comment or line break"));
        }
        self.skip_break();
        Ok(())
    }

    /// Appends a piece of the text to the cooked text.
    pub(in crate::yaml) fn cook(&mut self, start: usize, end: usize) {
        let piece = self.text.get(start..end).unwrap_or_default();
        self.cooked.push_str(piece);
    }

    pub(super) fn error(&self, message: &str) -> SyntaxError {
        self.error_at(self.position, message)
    }

    pub(super) fn error_at(&self, position: usize, message: &str) -> SyntaxError {
        SyntaxError::at(self.text, position, message)
    }
}
