//! From fixes to edits of texts. A fix may change several objects, in several documents and files;
//! it is written in full or not at all.

use rustc_hash::FxHashMap;

use super::finding::{Finding, TextSpan};
use super::fix::FixEdit;
use super::places::Texts;
use crate::model::{ObjectId, Objects, Place, Position};
use crate::yaml::edit::{self, Content, Edit, EditKind, FileEnd, Request};
use crate::yaml::{Node, Span, Tree};

/// A fix as edits of texts.
#[derive(Debug, Clone, Default)]
pub(super) struct WrittenFix {
    pub(super) edits: Vec<FileEdit>,
    /// Whether a comment goes with what is removed.
    pub(super) loses_comments: bool,
}

/// An edit of a file.
#[derive(Debug, Clone)]
pub(super) struct FileEdit {
    pub(super) kind: EditKind,
    pub(super) span: TextSpan,
    pub(super) replacement: String,
}

/// Which part of which fix: each object that a fix changes is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct FixPart {
    /// The index of the fix.
    fix: usize,
    part: usize,
}

/// The edits of one object.
#[derive(Debug)]
pub(super) struct EditQuestion {
    pub(super) place: Place,
    edits: Vec<Edit>,
    of: FixPart,
}

/// The fixes of some findings on their way.
#[derive(Debug, Default)]
pub(super) struct Fixes {
    list: Vec<Pending>,
    questions: Vec<EditQuestion>,
}

/// The fix of a finding, as far as it is written.
#[derive(Debug)]
struct Pending {
    finding: usize,
    /// What is known of each part.
    parts: Vec<Option<WrittenFix>>,
    /// Documents that are added to the files of objects.
    documents: Vec<(u32, Content)>,
}

impl Fixes {
    /// The fixes that change nothing which is only read for context.
    pub(super) fn of(findings: &[Finding], objects: &Objects) -> Self {
        let mut fixes = Self::default();
        for (index, finding) in findings.iter().enumerate() {
            let edits = finding.fix.as_ref().map(|fix| fix.edits.as_slice());
            if let Some(parts) = edits.and_then(|edits| fixes.parts(index, edits, objects)) {
                fixes.list.push(parts);
            }
        }
        fixes
    }

    /// The parts of a fix, of which it asks.
    fn parts(&mut self, finding: usize, edits: &[FixEdit], objects: &Objects) -> Option<Pending> {
        let mut changed: Vec<(ObjectId, Place, Vec<Edit>)> = Vec::new();
        let mut documents = Vec::new();
        for edit in edits {
            let place = objects.place(edit.object())?;
            if objects.is_context(edit.object()) {
                return None;
            }
            match edit {
                FixEdit::NewDocument(_, content) => documents.push((place.source, content.clone())),
                FixEdit::Object(object, edit) => {
                    match changed.iter_mut().find(|(other, ..)| other == object) {
                        Some((.., edits)) => edits.push(edit.clone()),
                        None => changed.push((*object, place, vec![edit.clone()])),
                    }
                }
            }
        }
        let parts = vec![None; changed.len()];
        for (part, (_, place, edits)) in changed.into_iter().enumerate() {
            let of = FixPart {
                fix: self.list.len(),
                part,
            };
            self.questions.push(EditQuestion { place, edits, of });
        }
        Some(Pending {
            finding,
            parts,
            documents,
        })
    }

    /// What is to be asked.
    pub(super) fn questions(&mut self) -> Vec<EditQuestion> {
        std::mem::take(&mut self.questions)
    }

    /// The fixes of which every part could be written, with the index of their finding.
    pub(super) fn written(
        mut self,
        answers: Vec<(FixPart, WrittenFix)>,
        texts: &Texts<'_>,
    ) -> impl Iterator<Item = (usize, WrittenFix)> {
        for (FixPart { fix, part }, written) in answers {
            let parts = self.list.get_mut(fix).map(|fix| &mut fix.parts);
            if let Some(slot) = parts.and_then(|parts| parts.get_mut(part)) {
                *slot = Some(written);
            }
        }
        let mut ends: FxHashMap<u32, Option<FileEnd>> = FxHashMap::default();
        self.list.into_iter().filter_map(move |fix| {
            let mut whole = WrittenFix::default();
            for part in fix.parts {
                let part = part?;
                whole.edits.extend(part.edits);
                whole.loses_comments |= part.loses_comments;
            }
            for (source, content) in fix.documents {
                let end = ends.entry(source).or_insert_with(|| {
                    let (loaded, text) = texts.get(source)?;
                    FileEnd::of(text).filter(|_| !loaded.text.is_rendered())
                });
                let edit = end.as_ref()?.append(&content)?;
                whole.edits.push(FileEdit {
                    kind: edit.kind,
                    span: TextSpan {
                        source,
                        start: edit.span.start,
                        end: edit.span.end,
                    },
                    replacement: edit.replacement,
                });
            }
            (!whole.edits.is_empty()).then_some((fix.finding, whole))
        })
    }
}

/// Writes what is asked about the documents of a tree.
pub(super) fn write<'t>(
    tree: &'t Tree<'_>,
    questions: &[EditQuestion],
    mut object_at: impl FnMut(Position) -> Option<Node<'t>>,
    in_source: impl Fn(Span) -> TextSpan,
) -> Vec<(FixPart, WrittenFix)> {
    let (asked, requests): (Vec<FixPart>, Vec<Request<'_, 't>>) = questions
        .iter()
        .filter_map(|question| {
            let root = object_at(question.place.position)?;
            let edits = question.edits.as_slice();
            Some((question.of, Request { root, edits }))
        })
        .unzip();
    asked
        .into_iter()
        .zip(edit::write(tree, &requests))
        .filter_map(|(of, written)| {
            let written = written?;
            let edits = written.edits.into_iter().map(|edit| FileEdit {
                kind: edit.kind,
                span: in_source(edit.span),
                replacement: edit.replacement,
            });
            let fix = WrittenFix {
                edits: edits.collect(),
                loses_comments: written.loses_comments,
            };
            Some((of, fix))
        })
        .collect()
}
