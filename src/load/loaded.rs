//! What a source holds.

use std::sync::Arc;

use rayon::prelude::*;

use super::comments::Comment;
use super::document::{Part, part};
use super::problem::{Problem, ProblemKind};
use super::split::{document_at, may_be_json, split};
use super::text::{FileText, HeldText, RenderedText, Text};
use super::unseen::{Kustomization, Lead, Made};
use super::world::Gap;
use crate::input::{self, InputError, InputFile, Marks, Source};
use crate::model::{Manifest, ObjectId, Str};
use crate::yaml::Span;

/// How sources are read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The namespace of objects whose manifests name none.
    pub namespace: Str,
    /// Whether the user names that namespace, so that it is no mere assumption.
    pub is_namespace_given: bool,
}

/// What one source holds: a file, standard input, a rendered document. Depends on no other source.
#[derive(Debug)]
pub struct Loaded {
    /// The file, or what a rendered document is shown as.
    pub file: InputFile,
    /// Where its text is to be had again.
    pub text: Arc<dyn Text>,
    /// Whether the file begins with a byte order mark, which offsets in the file count.
    pub bom: bool,
    /// The objects, in the order of the text.
    pub objects: Arc<[Manifest]>,
    /// What could not be read; in sources that are not reported on no form is looked at.
    pub problems: Vec<Problem>,
    /// What documents that could not be read may hold.
    pub gaps: Vec<Gap>,
    /// What operators make for its objects.
    pub made: Vec<Made>,
    /// Folders that its objects apply.
    pub leads: Vec<Lead>,
    /// The kustomizations that it holds.
    pub kustomizations: Vec<Kustomization>,
    /// Comments that speak to meshlint.
    pub comments: Vec<Comment>,
    /// Documents that are no objects.
    pub others: Vec<Other>,
    /// Whether some document could not be parsed.
    pub is_broken: bool,
    /// What the text itself tells.
    pub marks: Marks,
    /// Files that a kustomization names as patches.
    pub patches: Vec<String>,
    /// Where the documents begin.
    pub documents: Documents,
}

/// A document that is no object, for telling what else it may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Other {
    /// `apiVersion`, if it is text.
    pub api_version: Option<Str>,
    /// `kind`, if it is text.
    pub kind: Option<Str>,
    /// Whether it has `metadata`.
    pub has_metadata: bool,
}

/// Where the documents of a source begin.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    starts: Box<[u32]>,
    is_whole: bool,
}

impl Documents {
    /// The byte at which a document begins, by its number.
    pub fn start(&self, document: u32) -> Option<u32> {
        self.starts.get(document as usize).copied()
    }

    /// Whether the text makes sense as a whole only: it may be a stream of JSON values.
    pub const fn are_whole(&self) -> bool {
        self.is_whole
    }

    /// A part of the source's text that holds the document which begins at `start`, and the byte
    /// at which the part begins.
    pub fn part<'t>(&self, text: &'t str, start: u32) -> (u32, &'t str) {
        if self.is_whole {
            (0, text)
        } else {
            document_at(text, start)
        }
    }
}

impl Loaded {
    /// The source without some of its objects, by their indices.
    #[must_use]
    pub fn without(&self, indices: &[usize]) -> Self {
        let kept = |index: usize| !indices.contains(&index);
        // Problems speak of objects by their index.
        let mut numbers: Vec<Option<u32>> = Vec::with_capacity(self.objects.len());
        let mut next = 0;
        for index in 0..self.objects.len() {
            numbers.push(kept(index).then_some(next));
            next += u32::from(kept(index));
        }
        let problems = self.problems.iter().filter_map(|problem| {
            let object = match problem.object {
                Some(id) => Some(ObjectId((*numbers.get(id.index())?)?)),
                None => None,
            };
            Some(Problem {
                object,
                ..problem.clone()
            })
        });
        let number = |id: ObjectId| numbers.get(id.index()).copied().flatten().map(ObjectId);
        let renumbered = |gap: &Gap| {
            let object = match gap.object {
                Some(id) => Some(number(id)?),
                None => None,
            };
            Some(Gap {
                object,
                ..gap.clone()
            })
        };
        let made = self.made.iter().filter_map(|made| {
            let object = number(made.object)?;
            Some(Made {
                object,
                ..made.clone()
            })
        });
        let leads = self.leads.iter().filter_map(|lead| {
            let gap = renumbered(&lead.gap)?;
            Some(Lead {
                gap,
                ..lead.clone()
            })
        });
        let objects = self.objects.iter().enumerate();
        Self {
            file: self.file.clone(),
            text: Arc::clone(&self.text),
            objects: objects
                .filter(|(index, _)| kept(*index))
                .map(|(_, object)| object.clone())
                .collect(),
            problems: problems.collect(),
            gaps: self.gaps.iter().filter_map(renumbered).collect(),
            made: made.collect(),
            leads: leads.collect(),
            kustomizations: self.kustomizations.clone(),
            comments: self.comments.clone(),
            others: self.others.clone(),
            patches: self.patches.clone(),
            documents: self.documents.clone(),
            ..*self
        }
    }

    /// Whether the objects were read from a cluster.
    pub fn is_dump(&self) -> bool {
        self.marks.is_from_cluster()
    }

    /// Whether the source is text at all.
    pub fn is_text(&self) -> bool {
        let mut problems = self.problems.iter();
        !problems.any(|problem| matches!(problem.kind, ProblemKind::NoText(_)))
    }
}

/// Reads and loads a file.
pub fn read(file: &InputFile, options: &Options) -> Result<Loaded, InputError> {
    input::read(file).map(|source| load(source, options))
}

/// Loads a source. Its text is kept unless it can be read again.
pub fn load(source: Source, options: &Options) -> Loaded {
    let text: Arc<dyn Text> = match FileText::of(&source) {
        Some(text) => Arc::new(text),
        None => Arc::new(HeldText(Arc::clone(&source.text))),
    };
    load_with(source, text, options)
}

/// Loads a rendered document, which is shown as `file` where no origin is known.
pub fn load_rendered(file: InputFile, text: RenderedText, options: &Options) -> Loaded {
    let source = Source {
        file,
        text: text.read().unwrap_or_default(),
        bom: false,
        problem: None,
    };
    load_with(source, Arc::new(text), options)
}

/// Loads a source whose text will be had again from `text`.
pub fn load_with(source: Source, text: Arc<dyn Text>, options: &Options) -> Loaded {
    let is_whole = may_be_json(&source.text);
    let chunks = match source.problem {
        Some(_) => Vec::new(),
        None if is_whole => vec![(0, &*source.text)],
        None => split(&source.text),
    };
    let context = source.file.context;
    let parts: Vec<Part> = chunks
        .into_par_iter()
        .map(|(start, text)| part(start, text, context, options))
        .collect();
    let mut all = Part::default();
    for part in parts {
        all.append(part);
    }
    if let Some(problem) = source.problem {
        all.problems.push(Problem {
            kind: ProblemKind::NoText(problem),
            object: None,
            span: Some(Span::default()),
        });
    }
    Loaded {
        text,
        bom: source.bom,
        objects: all.objects.into(),
        problems: all.problems,
        gaps: all.gaps,
        made: all.made,
        leads: all.leads,
        kustomizations: all.kustomizations,
        comments: all.comments,
        others: all.others,
        is_broken: all.is_broken,
        marks: Marks::of(&source.text),
        patches: all.patches,
        documents: Documents {
            starts: all.starts.into(),
            is_whole,
        },
        file: source.file,
    }
}
