//! From field paths to places in the text. Only documents that findings speak of are parsed again.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::finding::{Finding, TextSpan};
use super::places::Texts;
use crate::model::{ObjectId, Objects, Position};
use crate::yaml::{self, Node, Span, Style, Tree};

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// What to underline.
    pub(super) span: TextSpan,
    /// Whether the path exists and leads to a scalar.
    pub(super) is_scalar: bool,
    /// The whole value at the path, for an edit that replaces it.
    pub(super) value: TextSpan,
}

/// The spots of the findings: of each finding, of its related places, of its fix.
#[derive(Debug, Default, Clone)]
pub(super) struct Spots {
    pub(super) own: Option<Spot>,
    pub(super) related: Vec<Option<Spot>>,
    pub(super) fix: Option<Spot>,
}

impl Spots {
    /// All spans that are named.
    pub(super) fn spans(&self) -> impl Iterator<Item = TextSpan> {
        let others = self.related.iter().flatten().chain(&self.fix);
        self.own.iter().chain(others).map(|spot| spot.span)
    }
}

/// A question: which object, which path, and where the answer goes.
struct Question<'f> {
    position: Position,
    path: &'f str,
    finding: usize,
    slot: Slot,
}

#[derive(Clone, Copy)]
enum Slot {
    Own,
    Related(usize),
    Fix,
}

/// What is parsed for an answer: a document of a source, by the byte where it begins, or a source
/// that makes sense as a whole only.
type Piece = (u32, Option<u32>);

/// Looks up all places that `findings` name.
pub(super) fn locate(findings: &[Finding], objects: &Objects, texts: &Texts<'_>) -> Vec<Spots> {
    let mut questions: FxHashMap<Piece, Vec<Question<'_>>> = FxHashMap::default();
    let mut ask = |object: ObjectId, path, finding, slot| {
        let Some(place) = objects.place(object) else {
            return;
        };
        let Some((loaded, _)) = texts.get(place.source) else {
            return;
        };
        let start = loaded.documents.start(place.position.document);
        let piece = start.filter(|_| !loaded.documents.are_whole());
        questions
            .entry((place.source, piece))
            .or_default()
            .push(Question {
                position: place.position,
                path,
                finding,
                slot,
            });
    };
    for (index, finding) in findings.iter().enumerate() {
        if let (Some(object), None) = (finding.object, finding.span) {
            ask(
                object,
                finding.points_at.as_deref().unwrap_or(&finding.path),
                index,
                Slot::Own,
            );
        }
        for (number, related) in finding.related.iter().enumerate() {
            ask(related.object, &related.path, index, Slot::Related(number));
        }
        if let (Some(object), Some(fix)) = (finding.object, &finding.fix) {
            ask(object, &fix.path, index, Slot::Fix);
        }
    }
    let mut work: Vec<(Piece, Vec<Question<'_>>)> = questions.into_iter().collect();
    work.sort_unstable_by_key(|(piece, _)| *piece);
    let answers: Vec<Vec<(usize, Slot, Spot)>> = work
        .par_iter()
        .map(|((source, start), questions)| answer(*source, *start, texts, questions))
        .collect();
    let mut spots: Vec<Spots> = findings
        .iter()
        .map(|finding| Spots {
            own: finding.span.map(|span| Spot {
                span,
                is_scalar: true,
                value: span,
            }),
            related: vec![None; finding.related.len()],
            fix: None,
        })
        .collect();
    for (finding, slot, spot) in answers.into_iter().flatten() {
        let Some(spots) = spots.get_mut(finding) else {
            continue;
        };
        match slot {
            Slot::Own => spots.own = Some(spot),
            Slot::Fix => spots.fix = Some(spot),
            Slot::Related(number) => {
                if let Some(related) = spots.related.get_mut(number) {
                    *related = Some(spot);
                }
            }
        }
    }
    spots
}

/// Answers the questions about a document, or about a whole source.
fn answer(
    source: u32,
    start: Option<u32>,
    texts: &Texts<'_>,
    questions: &[Question<'_>],
) -> Vec<(usize, Slot, Spot)> {
    let Some((loaded, text)) = texts.get(source) else {
        return Vec::new();
    };
    let (offset, text) = match start {
        Some(start) => loaded.documents.part(text, start),
        None => (0, text),
    };
    let tree = match start {
        Some(_) => Tree::parse_first(text),
        None => Tree::parse(text),
    };
    let roots: FxHashMap<u32, Node<'_>> = tree
        .documents()
        .iter()
        .filter_map(|document| Some((document.span.start + offset, tree.root(document)?)))
        .collect();
    let mut items: FxHashMap<u32, Vec<Node<'_>>> = FxHashMap::default();
    let answers = questions.iter().filter_map(|question| {
        let start = loaded.documents.start(question.position.document)?;
        let root = *roots.get(&start)?;
        let root = match question.position.item.checked_sub(1) {
            None => root,
            Some(index) => {
                let items = items.entry(start).or_insert_with(|| {
                    let list = root.get("items");
                    list.map(|n| n.items().collect()).unwrap_or_default()
                });
                *items.get(index as usize)?
            }
        };
        let (span, is_scalar, value) = spot(root, text, question.path);
        let in_source = |span: Span| TextSpan {
            source,
            start: offset + span.start,
            end: offset + span.end,
        };
        let spot = Spot {
            span: in_source(span),
            is_scalar,
            value: in_source(value),
        };
        Some((question.finding, question.slot, spot))
    });
    answers.collect()
}

/// What to underline for `path` in the object at `root`: the value or key that it names, else the
/// key of its nearest existing parent; for the object as a whole, or where nothing of the path
/// exists, its name. A path may lead on into a document inside a block scalar.
fn spot(root: Node<'_>, text: &str, path: &str) -> (Span, bool, Span) {
    let found = yaml::locate(root, path);
    if let Some(spot) = embedded_spot(&found, text, path) {
        return spot;
    }
    if path.is_empty() || (!found.complete && found.key.is_none()) {
        let name = yaml::locate(root, "metadata/name");
        let span = if name.complete {
            name.span()
        } else {
            yaml::locate(root, "kind").span()
        };
        return (span, false, span);
    }
    let is_scalar = found.complete && found.value.text().is_some() && !found.value.is_null();
    (found.span(), is_scalar, found.value.span())
}

/// The spot in a YAML document that a literal block scalar holds, such as `data/mesh` of the
/// ConfigMap `istio`. Its lines are parsed where they stand: a document may be indented.
fn embedded_spot(found: &yaml::Found<'_>, text: &str, path: &str) -> Option<(Span, bool, Span)> {
    let rest = path.get(found.followed..).filter(|rest| !rest.is_empty())?;
    let (key, block) = (found.key?.span(), found.value.span());
    let header = text.get(key.end as usize..block.start as usize)?;
    if found.value.style() != Style::Block || !header.contains('|') {
        return None;
    }
    let start = key.end as usize + header.rfind('\n')? + 1;
    let body = text.get(start..block.end as usize)?;
    let tree = Tree::parse(body);
    let root = tree.root(tree.documents().first()?)?;
    let inner = yaml::locate(root, rest);
    if inner.key.is_none() && !inner.item {
        return None;
    }
    let offset = u32::try_from(start).ok()?;
    let shift = |span: Span| Span {
        start: span.start + offset,
        end: span.end + offset,
    };
    let is_scalar = inner.complete && inner.value.text().is_some() && !inner.value.is_null();
    Some((shift(inner.span()), is_scalar, shift(inner.value.span())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn underlined<'t>(text: &'t str, path: &str) -> &'t str {
        let tree = Tree::parse(text);
        let root = tree.root(tree.documents().first().unwrap()).unwrap();
        spot(root, text, path).0.text(text)
    }

    #[test]
    fn paths_lead_into_embedded_documents() {
        let text =
            "data:\n  mesh: |-\n    # comment\n    a:\n      b: [x, y]\n  other: |\n    c: 1\n";
        assert_eq!(underlined(text, "data/mesh/a/b[1]"), "y");
        assert_eq!(underlined(text, "data/mesh/a/missing"), "a");
        assert_eq!(underlined(text, "data/mesh/missing"), "mesh");
        assert_eq!(underlined(text, "data/other/c"), "1");
        assert_eq!(underlined(text, "data/mesh"), "mesh");
    }
}
