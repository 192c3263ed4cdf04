//! Origins of the keys and scalars of a rendered document.

use rustc_hash::FxHashMap;

use super::problem::Problem;
use super::text::{EXACT, LITERAL, OriginId, Piece, Text, TextBuilder, UNKNOWN};
use super::track::{Source, Tracker};
use crate::render::{Mark, Origin, Place, RelatedOrigin, Rendered, What};
use crate::yaml::{Node, Span, Style, Value};

/// What stands for a value that differs from run to run.
const PLACEHOLDER: &str = "\"${unknown}\"";

/// The text in UTF-8; other bytes are replaced.
pub(super) fn valid(text: &Text) -> Text {
    if std::str::from_utf8(text.bytes()).is_ok() {
        return text.clone();
    }
    let mut out = TextBuilder::default();
    for (start, piece) in text.pieces_in(0..text.len()) {
        let bytes = text
            .bytes()
            .get(start..piece.end as usize)
            .unwrap_or_default();
        out.push(String::from_utf8_lossy(bytes).as_bytes(), piece);
    }
    out.finish()
}

/// The place of what stands at a span, and the places that led there.
pub(super) fn locate(tracker: &Tracker, text: &Text, span: Span, problem: &mut Problem) {
    let at = (span.start as usize).min(text.len().saturating_sub(1));
    let Some((start, piece)) = text.piece_at(at) else {
        return;
    };
    let len = span.end.saturating_sub(span.start) as usize;
    problem.place = tracker.place_in(piece, at - start, len.min(piece.end as usize - at));
    if let Some(site) = tracker.site_of(piece.site) {
        if piece.origin != OriginId::NONE {
            problem.related.push((site.place, "rendered here"));
        }
        for call in tracker.calls(site.chain) {
            problem.related.push((call, "included from here"));
        }
    }
}

/// A document with marks at its keys and scalars.
pub(super) fn render(
    tracker: &Tracker,
    text: &Text,
    root: Node<'_>,
    hook: bool,
    placeholders: bool,
) -> Rendered {
    let mut marker = Marker {
        tracker,
        text,
        marks: Vec::new(),
        origins: Vec::new(),
        known: FxHashMap::default(),
        unknown: Vec::new(),
    };
    marker.node(root, false);
    let mut order: Vec<usize> = (0..marker.marks.len()).collect();
    order.sort_by_key(|index| marker.marks.get(*index).map(|mark| mark.span));
    let mut marks: Vec<Mark> = Vec::with_capacity(order.len());
    for mark in order.iter().filter_map(|index| marker.marks.get(*index)) {
        let overlaps = marks
            .last()
            .is_some_and(|last| last.span.end > mark.span.start || last.span == mark.span);
        if !overlaps {
            marks.push(*mark);
        }
    }
    let mut shown = text.lossy().into_owned();
    shown.push('\n');
    if placeholders {
        replace_unknown(&mut shown, &mut marks, &mut marker.unknown);
    }
    Rendered {
        text: shown.into(),
        marks: marks.into(),
        origins: marker.origins.into(),
        chain: std::sync::Arc::default(),
        hook,
    }
}

/// Puts placeholders where values differ from run to run.
fn replace_unknown(text: &mut String, marks: &mut [Mark], unknown: &mut Vec<Span>) {
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return;
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0_usize;
    let mut shifts: Vec<(u32, i64)> = Vec::new();
    let mut shift = 0_i64;
    for span in unknown.iter() {
        let (start, end) = (span.start as usize, span.end as usize);
        let Some(before) = text.get(at..start) else {
            continue;
        };
        let old = text.get(start..end).unwrap_or_default();
        out.push_str(before);
        out.push_str(PLACEHOLDER);
        let lines = if old.ends_with('\n') { "\n" } else { "" };
        out.push_str(lines);
        let grown = PLACEHOLDER.len() + lines.len();
        shift += i64::try_from(grown).unwrap_or(0) - i64::try_from(old.len()).unwrap_or(0);
        shifts.push((span.end, shift));
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    let moved = |offset: u32| {
        let index = shifts.partition_point(|(end, _)| *end <= offset);
        let shift = index.checked_sub(1).and_then(|index| shifts.get(index));
        let offset = i64::from(offset) + shift.map_or(0, |(_, shift)| *shift);
        u32::try_from(offset).unwrap_or(0)
    };
    for mark in marks.iter_mut() {
        mark.span = Span {
            start: moved(mark.span.start),
            end: moved(mark.span.end),
        };
    }
    *text = out;
}

struct Marker<'t> {
    tracker: &'t Tracker,
    text: &'t Text,
    marks: Vec<Mark>,
    origins: Vec<Origin>,
    known: FxHashMap<Origin, u32>,
    unknown: Vec<Span>,
}

impl Marker<'_> {
    fn node(&mut self, node: Node<'_>, key: bool) {
        if node.is_alias() {
            let origin = self.literal(node.span());
            self.mark(node.span(), origin);
            return;
        }
        match node.value() {
            Value::Scalar(_) => self.scalar(node, key),
            Value::Sequence => {
                let mut empty = true;
                for item in node.items() {
                    empty = false;
                    self.node(item, false);
                }
                if empty {
                    self.collection(node);
                }
            }
            Value::Mapping => {
                let mut empty = true;
                for (key, value) in node.raw_entries() {
                    empty = false;
                    self.node(key, true);
                    self.node(value, false);
                }
                if empty {
                    self.collection(node);
                }
            }
        }
    }

    fn mark(&mut self, span: Span, origin: Option<Origin>) {
        let Some(origin) = origin else { return };
        let index = if let Some(index) = self.known.get(&origin) {
            *index
        } else {
            let index = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
            self.origins.push(origin.clone());
            self.known.insert(origin, index);
            index
        };
        self.marks.push(Mark {
            span,
            origin: index,
        });
    }

    /// An empty collection: where its brackets were written.
    fn collection(&mut self, node: Node<'_>) {
        let origin = self.literal(node.span());
        self.mark(node.span(), origin);
    }

    fn scalar(&mut self, node: Node<'_>, key: bool) {
        let span = node.span();
        let found = self.origin(node);
        let mut exact = found;
        if key && let Some(origin) = &mut exact {
            // A key that stands in a file is exact as any scalar; one from the values may be
            // written in several places.
            origin.exact &= origin.what == What::Template;
        }
        self.mark(span, exact);
    }

    /// The origin of what a template wrote itself, at the first byte of a span.
    fn literal(&self, span: Span) -> Option<Origin> {
        let at = (span.start as usize).min(self.text.len().saturating_sub(1));
        let (start, piece) = self.text.piece_at(at)?;
        self.template(piece, at - start, 1, Vec::new())
    }

    fn related(&self, id: OriginId, note: &'static str) -> Option<RelatedOrigin> {
        match self.tracker.origin(id)? {
            Source::Node { place, what, .. } => Some(RelatedOrigin {
                place: *place,
                what: *what,
                note,
            }),
            Source::Mixed(_) => None,
        }
    }

    /// The calls that led to a site.
    fn calls(&self, piece: Piece) -> Vec<RelatedOrigin> {
        let chain = self.tracker.site_of(piece.site).map(|site| site.chain);
        let places = chain
            .map(|chain| self.tracker.calls(chain))
            .unwrap_or_default();
        places
            .into_iter()
            .take(8)
            .map(|place| RelatedOrigin {
                place,
                what: What::Template,
                note: "included from here",
            })
            .collect()
    }

    /// An origin in the template that emitted a piece.
    fn template(
        &self,
        piece: Piece,
        inside: usize,
        len: usize,
        mut related: Vec<RelatedOrigin>,
    ) -> Option<Origin> {
        let literal = piece.flags & LITERAL != 0;
        let site = self.tracker.site_of(piece.site);
        let (place, what) = if literal {
            let what = self.tracker.what(piece.origin);
            (self.tracker.place_in(piece, inside, len)?, what)
        } else if let Some(site) = site {
            (site.place, What::Template)
        } else {
            match self.tracker.origin(piece.origin)? {
                Source::Node { place, what, .. } => (*place, *what),
                Source::Mixed(_) => return None,
            }
        };
        related.extend(self.calls(piece));
        Some(Origin {
            place,
            what,
            exact: false,
            related,
        })
    }

    fn origin(&mut self, node: Node<'_>) -> Option<Origin> {
        let span = node.span();
        let value = node.text().unwrap_or_default();
        let (mut start, mut end) = (span.start as usize, span.end as usize);
        let empty = start >= end;
        let quoted = node.style() == Style::Quoted
            && end >= start + 2
            && matches!(self.text.bytes().get(start), Some(b'"' | b'\''));
        if quoted {
            start += 1;
            end -= 1;
        }
        if empty {
            // Nothing is written where the value would stand, up to the end of the line.
            let rest = self.text.bytes().get(start..).unwrap_or_default();
            let line = rest
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len());
            end = start + line;
        }
        let block = node.style() == Style::Block;
        let mut values: Vec<OriginId> = Vec::new();
        let mut template_part = false;
        let mut all_exact = true;
        let mut unknown = false;
        let mut first: Option<(usize, Piece)> = None;
        for (at, piece) in self.text.pieces_in(start..end) {
            let bytes = self
                .text
                .bytes()
                .get(at..piece.end as usize)
                .unwrap_or_default();
            unknown |= piece.flags & UNKNOWN != 0;
            let source = self.tracker.origin(piece.origin);
            let blank = bytes.iter().all(u8::is_ascii_whitespace);
            if source.is_none() {
                if !(blank || block && is_header(bytes, at == start)) {
                    template_part = true;
                }
                if bytes.is_empty() {
                    continue;
                }
            } else {
                if blank && !bytes.is_empty() && block {
                    continue;
                }
                all_exact &= piece.flags & (EXACT | LITERAL) != 0;
                for id in self.tracker.nodes(piece.origin) {
                    if !values.contains(&id) && values.len() < 256 {
                        values.push(id);
                    }
                }
            }
            if first.is_none() && (source.is_some() || !blank) {
                first = Some((at, piece));
            }
        }
        if unknown {
            self.unknown.push(span);
        }
        let Some((at, piece)) = first else {
            return self.before(span);
        };
        match values.as_slice() {
            [] => {
                let whole = usize::from(quoted);
                let begin = start - whole;
                let (piece_start, piece) = self.text.piece_at(begin)?;
                let covers = piece.end as usize >= span.end as usize;
                let len = (span.end as usize).saturating_sub(begin);
                let inside = begin - piece_start;
                let mut origin =
                    self.template(piece, inside, if covers { len } else { 1 }, vec![])?;
                origin.exact = covers && !block && !empty && piece.flags & LITERAL != 0;
                Some(origin)
            }
            [one] if !template_part => {
                let literal = piece.flags & LITERAL != 0;
                let known = self.tracker.text(*one);
                let same = known.is_some_and(|known| known == value);
                let alike = known.is_some_and(|known| known.eq_ignore_ascii_case(value));
                if !(all_exact || alike) {
                    let related = self.related(*one, "its value comes from here");
                    let related = related.into_iter().collect();
                    return self.template(piece, 0, 1, related);
                }
                let mut related: Vec<RelatedOrigin> = Vec::new();
                if let Some(site) = self.tracker.site_of(piece.site) {
                    related.push(RelatedOrigin {
                        place: site.place,
                        what: What::Template,
                        note: "rendered here",
                    });
                }
                related.extend(self.calls(piece));
                let Some(Source::Node { place, what, .. }) = self.tracker.origin(*one) else {
                    return None;
                };
                let place = if literal {
                    let begin = if quoted { start - 1 } else { at };
                    let (piece_start, piece) = self.text.piece_at(begin)?;
                    let len = (span.end as usize).saturating_sub(begin);
                    self.tracker.place_in(piece, begin - piece_start, len)?
                } else {
                    *place
                };
                let single = self.text.pieces_in(start..end).count() == 1;
                Some(Origin {
                    place,
                    what: *what,
                    exact: if literal {
                        single && !block && !empty
                    } else {
                        same && all_exact && !empty
                    },
                    related,
                })
            }
            several => {
                let related = several
                    .iter()
                    .filter_map(|id| self.related(*id, "its value comes from here"))
                    .collect();
                self.template(
                    piece,
                    0,
                    (end - start).min(piece.end as usize - at),
                    related,
                )
            }
        }
    }

    /// The origin of a value that is not written: what stands before it.
    fn before(&self, span: Span) -> Option<Origin> {
        let at = (span.start as usize).checked_sub(1)?;
        let (start, piece) = self.text.piece_at(at)?;
        self.template(piece, at - start, 1, Vec::new())
    }
}

/// Whether bytes are the header of a block scalar.
fn is_header(bytes: &[u8], at_start: bool) -> bool {
    at_start
        && bytes
            .iter()
            .all(|byte| b"|>+-0123456789 \t\r\n".contains(byte))
}

/// Where an origin stands, for problems.
pub(super) fn place_of(tracker: &Tracker, id: OriginId) -> Option<Place> {
    match tracker.origin(id)? {
        Source::Node { place, .. } => Some(*place),
        Source::Mixed(inputs) => place_of(tracker, *inputs.first()?),
    }
}
