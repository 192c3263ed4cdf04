//! From field paths to places in the text. Only chunks that findings speak of are parsed again.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::finding::{Finding, TextSpan};
use crate::load::Chunk;
use crate::model::{ObjectId, Objects, Place};
use crate::yaml::{self, Node, Span, Tree};

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

/// A question: which object, which path, and where the answer goes.
struct Question<'f> {
    place: Place,
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

/// Looks up all places that `findings` name.
pub(super) fn locate(
    findings: &[Finding],
    objects: &Objects,
    chunks: &[Chunk],
    texts: &[&str],
) -> Vec<Spots> {
    let mut questions: FxHashMap<u32, Vec<Question<'_>>> = FxHashMap::default();
    let mut ask = |object: ObjectId, path, finding, slot| {
        if let Some(header) = objects.header(object) {
            questions
                .entry(header.place.chunk)
                .or_default()
                .push(Question {
                    place: header.place,
                    path,
                    finding,
                    slot,
                });
        }
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
    let mut work: Vec<(u32, Vec<Question<'_>>)> = questions.into_iter().collect();
    work.sort_unstable_by_key(|(chunk, _)| *chunk);
    let answers: Vec<Vec<(usize, Slot, Spot)>> = work
        .par_iter()
        .map(|(index, questions)| {
            let Some(chunk) = chunks.get(*index as usize) else {
                return Vec::new();
            };
            let text = texts.get(chunk.file as usize).copied().unwrap_or_default();
            answer(*chunk, chunk.text(text), questions)
        })
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

fn answer(chunk: Chunk, text: &str, questions: &[Question<'_>]) -> Vec<(usize, Slot, Spot)> {
    let tree = Tree::parse(text);
    let mut items: FxHashMap<u32, Vec<Node<'_>>> = FxHashMap::default();
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let Place { document, item, .. } = question.place;
        let Some(root) = tree
            .documents()
            .get(document as usize)
            .and_then(|d| tree.root(d))
        else {
            continue;
        };
        let root = if item == 0 {
            root
        } else {
            let list = items.entry(document).or_insert_with(|| {
                root.get("items")
                    .map(|n| n.items().collect())
                    .unwrap_or_default()
            });
            match list.get(item as usize - 1) {
                Some(node) => *node,
                None => continue,
            }
        };
        let (span, is_scalar, value) = spot(root, question.path);
        let in_file = |span: Span| TextSpan {
            file: chunk.file,
            start: chunk.start + span.start,
            end: chunk.start + span.end,
        };
        let spot = Spot {
            span: in_file(span),
            is_scalar,
            value: in_file(value),
        };
        answers.push((question.finding, question.slot, spot));
    }
    answers
}

/// What to underline for `path` in the object at `root`: the value or key that it names, else the
/// key of its nearest existing parent; for the object as a whole, or where nothing of the path
/// exists, its name.
fn spot(root: Node<'_>, path: &str) -> (Span, bool, Span) {
    let found = yaml::locate(root, path);
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
