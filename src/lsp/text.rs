//! Positions as the protocol counts them: lines from 0, and within a line units of the encoding
//! that client and server agreed on.

use gen_lsp_types::{Position, Range, TextDocumentContentChangeEvent};

use crate::input::{LineColumn, LineIndex};

/// What the characters of a position are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16.
    Utf16,
}

impl Encoding {
    fn length(self, text: &str) -> u32 {
        let length = match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    fn length_of(self, character: char) -> u32 {
        let length = match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    }
}

/// The lines of a text.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    index: LineIndex,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        Self {
            text,
            index: LineIndex::new(text),
            encoding,
        }
    }

    /// The position of a byte; one within a character means its beginning, one behind the end the
    /// end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.index.line_column(self.text, offset).line;
        let start = self
            .index
            .line(self.text, line)
            .map_or(0, |range| range.start);
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = self.text.get(start..offset).unwrap_or_default();
        Position {
            line: line.saturating_sub(1),
            character: self.encoding.length(before),
        }
    }

    /// The positions of a range of bytes.
    pub(super) fn range(&self, start: u32, end: u32) -> Range {
        Range {
            start: self.position(start as usize),
            end: self.position(end as usize),
        }
    }

    /// The byte at a position. Behind the end of a line that end is meant, behind the last line the
    /// end of the text.
    pub(super) fn offset(&self, position: Position) -> usize {
        let place = LineColumn {
            line: position.line.saturating_add(1),
            column: 1,
        };
        let Some(range) = self.index.line(self.text, place.line) else {
            return self.text.len();
        };
        let line = self.text.get(range.clone()).unwrap_or_default();
        let mut units = 0;
        for (at, character) in line.char_indices() {
            if units >= position.character {
                return range.start + at;
            }
            units += self.encoding.length_of(character);
        }
        range.end
    }
}

/// Makes a change of a text as the client tells it.
pub(super) fn apply(text: &mut String, change: TextDocumentContentChangeEvent, encoding: Encoding) {
    use TextDocumentContentChangeEvent as Change;
    match change {
        Change::TextDocumentContentChangeWholeDocument(whole) => *text = whole.text,
        Change::TextDocumentContentChangePartial(part) => {
            let lines = Lines::new(text, encoding);
            let start = lines.offset(part.range.start);
            let end = lines.offset(part.range.end).max(start);
            text.replace_range(start..end, &part.text);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use gen_lsp_types::TextDocumentContentChangePartial;

    const TEXT: &str = "a: ä🛒b\r\n\n- c";

    #[test]
    fn positions_are_counted_in_the_agreed_units() {
        let at = TEXT.find('b').unwrap();
        for (encoding, character) in [(Encoding::Utf8, 9), (Encoding::Utf16, 6)] {
            let lines = Lines::new(TEXT, encoding);
            let position = lines.position(at);
            assert_eq!(position, Position { line: 0, character });
            assert_eq!(lines.offset(position), at);
        }
    }

    #[test]
    fn positions_outside_of_the_text_are_its_nearest_end() {
        let lines = Lines::new(TEXT, Encoding::Utf16);
        let far = |line, character| lines.offset(Position { line, character });
        assert_eq!(far(0, 99), TEXT.find('\r').unwrap());
        assert_eq!(far(1, 7), TEXT.find("\n\n").unwrap() + 1);
        assert_eq!(far(99, 0), TEXT.len());
        // Half of a surrogate pair.
        assert_eq!(far(0, 5), TEXT.find('b').unwrap());
    }

    #[test]
    fn changes_count_on_the_ones_before() {
        let mut text = TEXT.to_owned();
        let change = |start: (u32, u32), end: (u32, u32), text: &str| {
            let position = |(line, character)| Position { line, character };
            let range = Range {
                start: position(start),
                end: position(end),
            };
            TextDocumentContentChangePartial {
                range,
                text: text.to_owned(),
                ..TextDocumentContentChangePartial::default()
            }
        };
        apply(
            &mut text,
            change((0, 3), (0, 6), "x").into(),
            Encoding::Utf16,
        );
        assert_eq!(text, "a: xb\r\n\n- c");
        apply(
            &mut text,
            change((2, 0), (9, 9), "").into(),
            Encoding::Utf16,
        );
        assert_eq!(text, "a: xb\r\n\n");
        apply(
            &mut text,
            change((1, 0), (0, 0), "y").into(),
            Encoding::Utf16,
        );
        assert_eq!(text, "a: xb\r\ny\n");
    }
}
