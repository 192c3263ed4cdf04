//! From field paths to places in the text. Only documents that findings speak of are parsed again.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::edits::{self, EditQuestion, FixPart, Fixes, WrittenFix};
use super::finding::{Finding, TextSpan};
use super::fingerprint::{Fingerprint, Subject, subject};
use super::places::Texts;
use crate::model::{ObjectId, Objects, Place, Position};
use crate::path;
use crate::yaml::{self, Canonizer, FieldPath, Node, Span, Style, Tree};

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// What to underline.
    pub(super) span: TextSpan,
    /// Whether the path exists and leads to a scalar.
    pub(super) is_scalar: bool,
}

/// The spots of the findings: of each finding, of its related places, of its fix.
#[derive(Debug, Default, Clone)]
pub(super) struct Spots {
    pub(super) own: Option<Spot>,
    pub(super) related: Vec<Option<Spot>>,
    /// What tells the finding from others, whatever else changes; unless the text is gone.
    pub(super) fingerprint: Option<Fingerprint>,
    /// The fix as text, unless it could not be written, or there is none.
    pub(super) fix: Option<WrittenFix>,
}

impl Spots {
    /// All spans that are named.
    pub(super) fn spans(&self) -> impl Iterator<Item = TextSpan> {
        let edits = self.fix.iter().flat_map(|fix| &fix.edits);
        let spots = self.own.iter().chain(self.related.iter().flatten());
        spots
            .map(|spot| spot.span)
            .chain(edits.map(|edit| edit.span))
    }
}

/// A question: which object, which path, and where the answer goes.
struct Question<'f> {
    position: Position,
    path: &'f FieldPath,
    finding: usize,
    slot: Slot,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Own,
    /// The place of a finding that has a span already.
    Known,
    Related(usize),
}

/// What is asked about one document.
#[derive(Default)]
struct Questions<'f> {
    places: Vec<Question<'f>>,
    edits: Vec<EditQuestion>,
}

/// What is answered about one document.
#[derive(Default)]
struct Answers {
    places: Vec<(usize, Slot, Spot)>,
    fingerprints: Vec<(usize, Fingerprint)>,
    edits: Vec<(FixPart, WrittenFix)>,
}

/// What is parsed for an answer: a document of a source, by the byte where it begins, or a source
/// that makes sense as a whole only.
type Piece = (u32, Option<u32>);

/// Looks up all places that `findings` name.
pub(super) fn locate(findings: &[Finding], objects: &Objects, texts: &Texts<'_>) -> Vec<Spots> {
    let mut questions: FxHashMap<Piece, Questions<'_>> = FxHashMap::default();
    let mut ask = |object: ObjectId, path, finding, slot| {
        let Some(place) = objects.place(object) else {
            return;
        };
        let Some(piece) = piece(place, texts) else {
            return;
        };
        questions.entry(piece).or_default().places.push(Question {
            position: place.position,
            path,
            finding,
            slot,
        });
    };
    for (index, finding) in findings.iter().enumerate() {
        if let Some(object) = finding.object {
            let path = finding.points_at.as_ref().unwrap_or(&finding.path);
            let slot = match finding.span {
                Some(_) => Slot::Known,
                None => Slot::Own,
            };
            ask(object, path, index, slot);
        }
        for (number, related) in finding.related.iter().enumerate() {
            ask(related.object, &related.path, index, Slot::Related(number));
        }
    }
    let mut fixes = Fixes::of(findings, objects);
    for question in fixes.questions() {
        if let Some(piece) = piece(question.place, texts) {
            questions.entry(piece).or_default().edits.push(question);
        }
    }
    let mut work: Vec<(Piece, Questions<'_>)> = questions.into_iter().collect();
    work.sort_unstable_by_key(|(piece, _)| *piece);
    let answers: Vec<Answers> = work
        .par_iter()
        .map(|((source, start), questions)| answer(*source, *start, texts, questions))
        .collect();
    let mut spots: Vec<Spots> = findings
        .iter()
        .map(|finding| Spots {
            own: finding.span.map(|span| Spot {
                span,
                is_scalar: true,
            }),
            related: vec![None; finding.related.len()],
            fingerprint: None,
            fix: None,
        })
        .collect();
    let mut written = Vec::new();
    let mut places = Vec::new();
    let mut fingerprints = Vec::new();
    for answers in answers {
        fingerprints.extend(answers.fingerprints);
        written.extend(answers.edits);
        places.extend(answers.places);
    }
    for (finding, slot, spot) in places {
        let Some(spots) = spots.get_mut(finding) else {
            continue;
        };
        match slot {
            Slot::Own => spots.own = Some(spot),
            Slot::Known => {}
            Slot::Related(number) => {
                if let Some(related) = spots.related.get_mut(number) {
                    *related = Some(spot);
                }
            }
        }
    }
    for (finding, fingerprint) in fingerprints {
        if let Some(spots) = spots.get_mut(finding) {
            spots.fingerprint = Some(fingerprint);
        }
    }
    for (finding, fix) in fixes.written(written, texts) {
        if let Some(spots) = spots.get_mut(finding) {
            spots.fix = Some(fix);
        }
    }
    spots
}

/// Looks up the places of fields.
pub(super) fn spots_of(
    fields: &[(ObjectId, FieldPath)],
    objects: &Objects,
    texts: &Texts<'_>,
) -> Vec<Option<Spot>> {
    let mut questions: FxHashMap<Piece, Questions<'_>> = FxHashMap::default();
    for (index, (object, path)) in fields.iter().enumerate() {
        let Some(place) = objects.place(*object) else {
            continue;
        };
        if let Some(piece) = piece(place, texts) {
            questions.entry(piece).or_default().places.push(Question {
                position: place.position,
                path,
                finding: index,
                slot: Slot::Own,
            });
        }
    }
    let work: Vec<(Piece, Questions<'_>)> = questions.into_iter().collect();
    let answers: Vec<Answers> = work
        .par_iter()
        .map(|((source, start), questions)| answer(*source, *start, texts, questions))
        .collect();
    let mut spots = vec![None; fields.len()];
    for (index, _, spot) in answers.into_iter().flat_map(|own| own.places) {
        if let Some(slot) = spots.get_mut(index) {
            *slot = Some(spot);
        }
    }
    spots
}

/// What is parsed to find a place.
fn piece(place: Place, texts: &Texts<'_>) -> Option<Piece> {
    let (loaded, _) = texts.get(place.source)?;
    let start = loaded.documents.start(place.position.document);
    Some((
        place.source,
        start.filter(|_| !loaded.documents.are_whole()),
    ))
}

/// Answers the questions about a document, or about a whole source.
fn answer(
    source: u32,
    start: Option<u32>,
    texts: &Texts<'_>,
    questions: &Questions<'_>,
) -> Answers {
    let Some((loaded, text)) = texts.get(source) else {
        return Answers::default();
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
    let mut object_at = |position: Position| {
        let start = loaded.documents.start(position.document)?;
        let root = *roots.get(&start)?;
        let Some(index) = position.item.checked_sub(1) else {
            return Some(root);
        };
        let items = items.entry(start).or_insert_with(|| {
            let list = root.get("items");
            list.map(|n| n.items().collect()).unwrap_or_default()
        });
        items.get(index as usize).copied()
    };
    let in_source = |span: Span| TextSpan {
        source,
        start: offset + span.start,
        end: offset + span.end,
    };
    let mut answers = Answers::default();
    let mut canonizer = Canonizer::default();
    let mut subjects: FxHashMap<Position, Subject> = FxHashMap::default();
    for question in &questions.places {
        let Some(root) = object_at(question.position) else {
            continue;
        };
        let (span, is_scalar) = spot(root, text, question.path);
        let spot = Spot {
            span: in_source(span),
            is_scalar,
        };
        if !matches!(question.slot, Slot::Related(_)) {
            let of_root = || {
                subject(root, |span| {
                    let TextSpan { start, end, .. } = in_source(span);
                    loaded.text.origin(Span { start, end })
                })
            };
            let subject = subjects.entry(question.position).or_insert_with(of_root);
            let mut canonical = canonizer.canonical(root, question.path);
            if canonical.value.is_empty() && is_scalar {
                // It stands in a document within a block scalar.
                span.text(text).clone_into(&mut canonical.value);
            }
            let fingerprint = Fingerprint::new(subject.clone(), canonical);
            answers.fingerprints.push((question.finding, fingerprint));
        }
        if question.slot != Slot::Known {
            answers.places.push((question.finding, question.slot, spot));
        }
    }
    if !questions.edits.is_empty() {
        answers.edits = edits::write(&tree, &questions.edits, object_at, in_source);
    }
    answers
}

/// What to underline for `path` in the object at `root`: the value or key that it names, else the
/// key of its nearest existing parent; for the object as a whole, or where nothing of the path
/// exists, its name. A path may lead on into a document inside a block scalar.
fn spot(root: Node<'_>, text: &str, path: &FieldPath) -> (Span, bool) {
    let found = yaml::locate(root, path);
    if let Some(spot) = embedded_spot(&found, text, path) {
        return spot;
    }
    if path.is_root() || (!found.complete && found.key.is_none()) {
        let name = yaml::locate(root, &path!["metadata", "name"]);
        let span = if name.complete {
            name.span()
        } else {
            yaml::locate(root, &path!["kind"]).span()
        };
        return (span, false);
    }
    let is_scalar = found.complete && found.value.text().is_some() && !found.value.is_null();
    (found.span(), is_scalar)
}

/// The spot in a YAML document that a literal block scalar holds, such as `data/mesh` of the
/// ConfigMap `istio`. Its lines are parsed where they stand: a document may be indented.
fn embedded_spot(found: &yaml::Found<'_>, text: &str, path: &FieldPath) -> Option<(Span, bool)> {
    let rest: FieldPath = path.steps().iter().skip(found.followed).cloned().collect();
    if rest.is_root() {
        return None;
    }
    let (key, block) = (found.key?.span(), found.value.span());
    let header = text.get(key.end as usize..block.start as usize)?;
    if found.value.style() != Style::Block || !header.contains('|') {
        return None;
    }
    let start = key.end as usize + header.rfind('\n')? + 1;
    let body = text.get(start..block.end as usize)?;
    let tree = Tree::parse(body);
    let root = tree.root(tree.documents().first()?)?;
    let inner = yaml::locate(root, &rest);
    if inner.key.is_none() && !inner.item {
        return None;
    }
    let offset = u32::try_from(start).ok()?;
    let shift = |span: Span| Span {
        start: span.start + offset,
        end: span.end + offset,
    };
    let is_scalar = inner.complete && inner.value.text().is_some() && !inner.value.is_null();
    Some((shift(inner.span()), is_scalar))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn underlined<'t>(text: &'t str, path: &str) -> &'t str {
        let tree = Tree::parse(text);
        let root = tree.root(tree.documents().first().unwrap()).unwrap();
        spot(root, text, &path.into()).0.text(text)
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
