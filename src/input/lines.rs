//! Lines and columns of a text.

use std::ops::Range;

/// A place in a text. Lines and columns count from 1, columns in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// Where the lines of a text begin. A line ends with a line feed, a carriage return, or both.
#[derive(Debug, Clone)]
pub struct LineIndex {
    /// The first byte of each line, in ascending order; the first is 0.
    starts: Vec<u32>,
    /// Places within long lines, so that a column is found without a walk over all of its line:
    /// byte and column, in ascending order.
    checkpoints: Vec<(u32, u32)>,
}

/// The characters between two checkpoints.
const CHECKPOINT: u32 = 1024;

impl LineIndex {
    /// Finds the lines of `text`, which must have less than 4 GiB.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut checkpoints = Vec::new();
        let mut column = 0;
        let mut bytes = (0u32..).zip(text.bytes()).peekable();
        while let Some((at, byte)) = bytes.next() {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => !matches!(bytes.peek(), Some((_, b'\n'))),
                _ => false,
            };
            if ends_line {
                starts.push(at + 1);
                column = 0;
            } else if byte & 0xC0 != 0x80 {
                // A character begins here.
                if column > 0 && column % CHECKPOINT == 0 {
                    checkpoints.push((at, column));
                }
                column += 1;
            }
        }
        Self {
            starts,
            checkpoints,
        }
    }

    /// The number of lines; a text that ends with a line break has an empty last line.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: every text has a line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The place of the byte `offset` of `text`, the same text as in [`LineIndex::new`]. An offset
    /// within a character means its beginning, one behind the end means the end.
    pub fn line_column(&self, text: &str, offset: usize) -> LineColumn {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self
            .starts
            .partition_point(|&start| start as usize <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|before| self.starts.get(before))
            .map_or(0, |&start| start as usize);
        let passed = self
            .checkpoints
            .partition_point(|(at, _)| *at as usize <= offset);
        let (from, column) = passed
            .checked_sub(1)
            .and_then(|last| self.checkpoints.get(last))
            .filter(|(at, _)| *at as usize >= start)
            .map_or((start, 0), |(at, column)| (*at as usize, *column));
        let between = text.get(from..offset).unwrap_or_default();
        let columns = u32::try_from(between.chars().count()).unwrap_or(u32::MAX);
        LineColumn {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: column.saturating_add(columns).saturating_add(1),
        }
    }

    /// The byte at a place of `text`; a column behind the end of its line means that end. `None`
    /// for a line that does not exist.
    pub fn offset(&self, text: &str, place: LineColumn) -> Option<usize> {
        let range = self.line(text, place.line)?;
        let line = text.get(range.clone())?;
        let column = place.column.saturating_sub(1) as usize;
        let within = line
            .char_indices()
            .nth(column)
            .map_or(line.len(), |(at, _)| at);
        Some(range.start + within)
    }

    /// The bytes of a line, counted from 1, without its line break.
    pub fn line(&self, text: &str, line: u32) -> Option<Range<usize>> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)? as usize;
        let end = self
            .starts
            .get(index + 1)
            .map_or(text.len(), |&next| next as usize);
        let content = text.get(start..end)?.trim_end_matches(['\n', '\r']);
        Some(start..start + content.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::string_slice)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_in_every_kind_of_text() {
        for (text, offset, line, column) in [
            ("", 0, 1, 1),
            ("", 9, 1, 1),
            ("abc", 2, 1, 3),
            ("abc", 3, 1, 4),
            ("a\nb", 1, 1, 2),
            ("a\nb", 2, 2, 1),
            ("a\nb\n", 4, 3, 1),
            ("a\r\nb", 1, 1, 2),
            ("a\r\nb", 3, 2, 1),
            ("a\rb", 2, 2, 1),
            ("a\r\rb", 3, 3, 1),
            ("a\n\r\nb", 4, 3, 1),
            ("é: x", 2, 1, 2),
            ("é: x", 1, 1, 1),
            ("日本: x\n😀: y", 16, 2, 4),
            ("# 😀\r\nhost: ü", 14, 2, 7),
        ] {
            let index = LineIndex::new(text);
            assert_eq!(
                index.line_column(text, offset),
                LineColumn { line, column },
                "{text:?} {offset}"
            );
        }
    }

    #[test]
    fn lines_come_without_their_breaks() {
        let text = "a\r\n\nüb\rc";
        let index = LineIndex::new(text);
        let lines: Vec<_> = (1..=4)
            .map(|l| &text[index.line(text, l).unwrap()])
            .collect();
        assert_eq!(lines, ["a", "", "üb", "c"]);
        assert_eq!((index.line(text, 0), index.line(text, 5)), (None, None));
        assert_eq!(index.len(), 4);
    }

    #[test]
    fn a_column_behind_the_line_means_its_end() {
        let text = "ab\r\ncd";
        let index = LineIndex::new(text);
        assert_eq!(
            index.offset(text, LineColumn { line: 1, column: 9 }),
            Some(2)
        );
        assert_eq!(index.offset(text, LineColumn { line: 3, column: 1 }), None);
    }

    #[test]
    fn columns_of_long_lines_are_counted_from_within() {
        let text = format!("é\n{}\nx", "aé日😀".repeat(2000));
        let index = LineIndex::new(&text);
        let mut column = 1;
        #[allow(
            clippy::explicit_counter_loop,
            reason = "columns are counted as they are read"
        )]
        for (at, _) in text.char_indices().skip(2).take(8000) {
            assert_eq!(index.line_column(&text, at), LineColumn { line: 2, column });
            column += 1;
        }
    }

    proptest! {
        #[test]
        fn every_character_finds_its_way_back(text in "[a\\r\\n ü😀]{0,40}") {
            let index = LineIndex::new(&text);
            let mut expected = LineColumn { line: 1, column: 1 };
            let mut previous = None;
            for (at, character) in text.char_indices() {
                if matches!(previous, Some('\n')) || previous == Some('\r') && character != '\n' {
                    expected = LineColumn { line: expected.line + 1, column: 1 };
                }
                prop_assert_eq!(index.line_column(&text, at), expected);
                if !matches!(character, '\r' | '\n') {
                    prop_assert_eq!(index.offset(&text, expected), Some(at));
                }
                expected.column += 1;
                previous = Some(character);
            }
        }
    }
}
