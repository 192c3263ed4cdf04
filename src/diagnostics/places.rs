//! From spans of sources to places in files. A place in a rendered document is told as the place
//! where it was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::finding::TextSpan;
use super::report::{Location, OriginStep, Position, ReportFile};
use crate::input::LineIndex;
use crate::load::{Loaded, Step};
use crate::yaml::Span;

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
            if !places.of_path.contains_key(&path) {
                places.add(path, text, false);
            }
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
