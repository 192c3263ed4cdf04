//! From spans of sources to places in files. A place in a rendered document is told as the place
//! where it was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::finding::TextSpan;
use super::report::{Location, ObjectRef, OriginStep, Position, ReportFile};
use crate::input::LineIndex;
use crate::load::{Loaded, Step};
use crate::yaml::{Node, Span, Tree};

/// The texts of the sources that findings speak of, read again where they were not kept.
#[derive(Debug)]
pub(super) struct Texts<'s> {
    sources: &'s [Arc<Loaded>],
    texts: BTreeMap<u32, Arc<str>>,
}

impl<'s> Texts<'s> {
    /// Reads the texts of the sources with the numbers `wanted`.
    pub(super) fn read(sources: &'s [Arc<Loaded>], mut wanted: Vec<u32>) -> Self {
        wanted.sort_unstable();
        wanted.dedup();
        let texts: Vec<(u32, Arc<str>)> = wanted
            .into_par_iter()
            .filter_map(|number| {
                let loaded = sources.get(number as usize)?;
                Some((number, loaded.text.read().unwrap_or_default()))
            })
            .collect();
        Self {
            sources,
            texts: texts.into_iter().collect(),
        }
    }

    /// The source of this number and its text.
    pub(super) fn get(&self, source: u32) -> Option<(&'s Loaded, &str)> {
        let loaded = self.sources.get(source as usize)?;
        let text = self.texts.get(&source)?;
        Some((loaded, text))
    }
}

/// Where a span stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The place that one would edit.
    pub(super) location: Option<Location>,
    /// How a rendered value came to be, from there outwards.
    pub(super) origin: Vec<OriginStep>,
}

/// The files that spans of sources stand in, or come from.
pub(super) struct Places<'s> {
    texts: &'s Texts<'s>,
    files: Vec<(ReportFile, LineIndex)>,
    /// The objects of each file that something comes from.
    objects: FxHashMap<u32, Vec<(Span, String)>>,
    of_source: FxHashMap<u32, u32>,
    of_path: FxHashMap<Arc<str>, u32>,
}

impl<'s> Places<'s> {
    /// The files that findings speak of: sources in the order of the input, then by their paths
    /// the files that `spans` of rendered documents come from.
    pub(super) fn new(spans: impl Iterator<Item = TextSpan>, texts: &'s Texts<'s>) -> Self {
        let mut places = Self {
            texts,
            files: Vec::new(),
            objects: FxHashMap::default(),
            of_source: FxHashMap::default(),
            of_path: FxHashMap::default(),
        };
        for (source, text) in &texts.texts {
            if let Some((loaded, _)) = texts.get(*source)
                && !loaded.text.is_rendered()
            {
                let path = Arc::clone(&loaded.file.path);
                let index = places.add(path, Arc::clone(text), loaded.bom);
                places.of_source.insert(*source, index);
            }
        }
        let mut origins: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
        for span in spans {
            if let Some((loaded, _)) = texts.get(span.source) {
                let steps = steps(loaded, span).into_iter();
                origins.extend(steps.map(|step| (step.path, step.text)));
            }
        }
        for (path, text) in origins {
            let objects = objects(&text);
            let index = match places.of_path.get(&path) {
                Some(index) => *index,
                None => places.add(path, text, false),
            };
            places.objects.insert(index, objects);
        }
        places
    }

    fn add(&mut self, path: Arc<str>, text: Arc<str>, bom: bool) -> u32 {
        let index = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let lines = LineIndex::new(&text);
        let file = ReportFile {
            path: path.to_string(),
            text,
            bom,
        };
        self.files.push((file, lines));
        self.of_path.insert(path, index);
        index
    }

    /// Where a span stands; of a rendered document, where that part of it was written.
    pub(super) fn find(&self, span: TextSpan) -> Found {
        let own = Span {
            start: span.start,
            end: span.end,
        };
        if let Some(file) = self.of_source.get(&span.source) {
            return Found {
                location: Some(self.location(*file, own)),
                origin: Vec::new(),
            };
        }
        let Some((loaded, _)) = self.texts.get(span.source) else {
            return Found::default();
        };
        let origin: Vec<OriginStep> = steps(loaded, span)
            .into_iter()
            .filter_map(|step| {
                let file = *self.of_path.get(&step.path)?;
                Some(OriginStep {
                    what: step.what,
                    note: step.note,
                    location: self.location(file, step.span),
                    object: self.object(file, step.span),
                })
            })
            .collect();
        Found {
            location: origin.first().map(|step| step.location),
            origin,
        }
    }

    fn location(&self, file: u32, span: Span) -> Location {
        let position = |offset: u32| match self.files.get(file as usize) {
            Some((file, lines)) => {
                let place = lines.line_column(&file.text, offset as usize);
                Position {
                    line: place.line,
                    column: place.column,
                    offset,
                }
            }
            None => Position {
                line: 1,
                column: 1,
                offset,
            },
        };
        Location {
            file,
            start: position(span.start),
            end: position(span.end),
        }
    }

    /// The object of a file that a span is part of.
    fn object(&self, file: u32, span: Span) -> Option<String> {
        let objects = self.objects.get(&file)?;
        let after = objects.partition_point(|(own, _)| own.start <= span.start);
        let (own, object) = objects.get(after.checked_sub(1)?)?;
        (span.start < own.end).then(|| object.clone())
    }

    /// The path of the file that a place is in.
    pub(super) fn path(&self, location: Location) -> &str {
        let file = self.files.get(location.file as usize);
        file.map_or("", |(file, _)| &file.path)
    }

    /// The text of a place.
    pub(super) fn text(&self, location: Location) -> &str {
        let span = Span {
            start: location.start.offset,
            end: location.end.offset,
        };
        let file = self.files.get(location.file as usize);
        file.map_or("", |(file, _)| span.text(&file.text))
    }

    /// The files, in the order of their numbers.
    pub(super) fn into_files(self) -> Vec<ReportFile> {
        self.files.into_iter().map(|(file, _)| file).collect()
    }
}

/// The origin of a span of a rendered source.
fn steps(loaded: &Loaded, span: TextSpan) -> Vec<Step> {
    let span = Span {
        start: span.start,
        end: span.end,
    };
    loaded.text.origin(span).unwrap_or_default()
}

/// The objects of a text with their documents; none of a text that is no YAML.
fn objects(text: &str) -> Vec<(Span, String)> {
    let tree = Tree::parse(text);
    let named = tree.documents().iter().filter_map(|document| {
        let root = tree.root(document)?;
        let metadata = root.get("metadata")?;
        let own = |key| metadata.get(key).and_then(Node::text).unwrap_or_default();
        let kind = root.get("kind").and_then(Node::text)?;
        let object = ObjectRef {
            api_version: String::new(),
            kind: kind.to_owned(),
            namespace: own("namespace").to_owned(),
            name: own("name").to_owned(),
        };
        Some((document.span, object.to_string()))
    });
    named.collect()
}
