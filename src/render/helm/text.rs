//! Strings of the evaluator: bytes, and pieces that remember where they came from.

use std::ops::Range;
use std::rc::Rc;

use smallvec::SmallVec;

/// An entry of [`super::track::Tracker`]: a node of the values, of a chart file or of the
/// command line. Zero is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct OriginId(pub(super) u32);

/// The place in a template that emitted a piece, and how it was reached. Zero is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct SiteId(pub(super) u32);

impl OriginId {
    /// No origin: text that a template wrote or computed.
    pub(super) const NONE: Self = Self(0);
}

impl SiteId {
    /// Not emitted yet.
    pub(super) const NONE: Self = Self(0);
}

/// The text is that of the origin, or a part of it; quotes and escapes aside.
pub(super) const EXACT: u8 = 1;
/// The text was made by a function whose result differs from run to run.
pub(super) const UNKNOWN: u8 = 2;
/// The text stands in a source one to one, from `at` on: in that of the origin if there is one,
/// else in that of the site.
pub(super) const LITERAL: u8 = 4;

/// A run of bytes with one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// One past its last byte; it starts where the piece before it ends.
    pub(super) end: u32,
    pub(super) origin: OriginId,
    pub(super) site: SiteId,
    /// Where a literal piece stands in its source.
    pub(super) at: u32,
    pub(super) flags: u8,
}

impl Piece {
    /// Text without any origin.
    pub(super) const PLAIN: Self = Self {
        end: 0,
        origin: OriginId::NONE,
        site: SiteId::NONE,
        at: 0,
        flags: 0,
    };

    /// A piece that holds the text of an origin.
    pub(super) const fn exact(origin: OriginId) -> Self {
        Self {
            origin,
            flags: EXACT,
            ..Self::PLAIN
        }
    }
}

#[derive(Debug)]
struct Inner {
    bytes: Box<[u8]>,
    pieces: SmallVec<[Piece; 1]>,
}

/// An immutable string: bytes, not necessarily UTF-8, in pieces that cover it.
#[derive(Debug, Clone)]
pub(super) struct Text(Rc<Inner>);

impl Default for Text {
    fn default() -> Self {
        Self::plain("")
    }
}

impl Text {
    /// Text without any origin.
    pub(super) fn plain(text: impl AsRef<[u8]>) -> Self {
        Self::of(text.as_ref(), Piece::PLAIN)
    }

    /// Text of one piece.
    pub(super) fn of(bytes: impl Into<Box<[u8]>>, piece: Piece) -> Self {
        let bytes = bytes.into();
        let end = offset(bytes.len());
        let pieces = SmallVec::from_buf([Piece { end, ..piece }]);
        Self(Rc::new(Inner { bytes, pieces }))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.0.bytes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.bytes.is_empty()
    }

    /// The text as UTF-8, other bytes replaced.
    pub(super) fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0.pieces
    }

    /// The pieces that overlap a range, clipped to it, with where they start. Empty pieces at the
    /// ends of the range belong to it.
    pub(super) fn pieces_in(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Piece)> {
        let (from, to) = (offset(range.start), offset(range.end));
        let pieces = self.pieces();
        let first = pieces.partition_point(|piece| piece.end < from);
        let mut start = first
            .checked_sub(1)
            .and_then(|index| pieces.get(index))
            .map_or(0, |piece| piece.end);
        let rest = pieces.get(first..).unwrap_or_default();
        rest.iter().filter_map(move |piece| {
            let mut piece = *piece;
            let begin = start;
            start = piece.end;
            if begin > to {
                return None;
            }
            let empty = begin == piece.end;
            let clipped = begin.max(from);
            piece.end = piece.end.min(to);
            if !empty && piece.end <= clipped {
                return None;
            }
            if piece.flags & LITERAL != 0 {
                piece.at += clipped - begin;
            }
            Some((clipped as usize, piece))
        })
    }

    /// The piece that a byte belongs to, and where it starts.
    pub(super) fn piece_at(&self, at: usize) -> Option<(usize, Piece)> {
        let at = offset(at);
        let index = self.pieces().partition_point(|piece| piece.end <= at);
        let start = index
            .checked_sub(1)
            .and_then(|index| self.pieces().get(index))
            .map_or(0, |piece| piece.end);
        let piece = self.pieces().get(index).or_else(|| self.pieces().last())?;
        Some((start as usize, *piece))
    }

    /// A part of the text.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let range = range.start.min(end)..end;
        if range == (0..self.len()) {
            return self.clone();
        }
        let mut out = TextBuilder::default();
        out.push_slice(self, range);
        out.finish()
    }

    /// Whether any of it was made by a function whose result differs from run to run.
    pub(super) fn is_unknown(&self) -> bool {
        self.pieces().iter().any(|piece| piece.flags & UNKNOWN != 0)
    }

    /// The text as one piece, if it is one.
    pub(super) fn single(&self) -> Option<Piece> {
        match self.pieces() {
            [piece] => Some(*piece),
            _ => None,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

/// Puts a text together.
#[derive(Debug, Default)]
pub(super) struct TextBuilder {
    bytes: Vec<u8>,
    pieces: SmallVec<[Piece; 1]>,
}

impl TextBuilder {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends text without any origin.
    pub(super) fn plain(&mut self, text: impl AsRef<[u8]>) {
        self.push(text.as_ref(), Piece::PLAIN);
    }

    /// Appends bytes with the origin of `piece`.
    pub(super) fn push(&mut self, bytes: &[u8], piece: Piece) {
        self.bytes.extend_from_slice(bytes);
        let end = offset(self.bytes.len());
        let start = self.pieces.last().map_or(0, |last| last.end);
        if start == end && piece.origin == OriginId::NONE {
            return;
        }
        let before = self.pieces.len().checked_sub(2);
        let before = before.and_then(|index| self.pieces.get(index));
        let last_start = before.map_or(0, |piece| piece.end);
        if let Some(last) = self.pieces.last_mut()
            && last.origin == piece.origin
            && last.site == piece.site
            && last.flags == piece.flags
            && (piece.flags & LITERAL == 0 || last.at + (last.end - last_start) == piece.at)
        {
            last.end = end;
            return;
        }
        self.pieces.push(Piece { end, ..piece });
    }

    pub(super) fn push_text(&mut self, text: &Text) {
        self.push_slice(text, 0..text.len());
    }

    pub(super) fn push_slice(&mut self, text: &Text, range: Range<usize>) {
        let end = range.end.min(text.len());
        for (start, piece) in text.pieces_in(range.start.min(end)..end) {
            let bytes = text.bytes().get(start..piece.end as usize);
            self.push(bytes.unwrap_or_default(), piece);
        }
    }

    /// The text, with `site` given to the pieces that have none.
    pub(super) fn push_emitted(&mut self, text: &Text, site: SiteId) {
        for (start, mut piece) in text.pieces_in(0..text.len()) {
            if piece.site == SiteId::NONE {
                piece.site = site;
            }
            let bytes = text.bytes().get(start..piece.end as usize);
            self.push(bytes.unwrap_or_default(), piece);
        }
    }

    pub(super) fn finish(self) -> Text {
        let mut pieces = self.pieces;
        if pieces.is_empty() {
            pieces.push(Piece::PLAIN);
        }
        Text(Rc::new(Inner {
            bytes: self.bytes.into_boxed_slice(),
            pieces,
        }))
    }
}

/// A length as an offset; texts stay far below 4 GiB.
pub(super) fn offset(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
