//! Where the text of a source is to be had again: most sources of a run have nothing to report, and
//! their texts would be a quarter of its memory.

use std::fmt;
use std::sync::Arc;

use crate::input::{self, InputFile, Source};
use crate::render::{Place, Rendered, Sources, What};
use crate::yaml::Span;

/// The text of a source.
pub trait Text: fmt::Debug + Send + Sync {
    /// The text as it was loaded; `None` when it is gone or has changed since.
    fn read(&self) -> Option<Arc<str>>;

    /// Where the part at `span` was written. `None` for texts that were written themselves, and
    /// for parts of which that is not known.
    fn origin(&self, span: Span) -> Option<Vec<Step>> {
        let _ = span;
        None
    }

    /// Whether the text was made from others, so that places in it mean nothing to people.
    fn is_rendered(&self) -> bool {
        false
    }
}

/// A place on the way to a part of a rendered text. The first of several is the one that its owner
/// would edit, the others took part, from the inside outwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path of the file, as shown to the user.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// The place in it.
    pub span: Span,
    /// What stands there.
    pub what: What,
    /// What it did to the part, in words that follow "…, "; empty for the first.
    pub note: &'static str,
}

/// A file that can be read again.
#[derive(Debug, Clone)]
pub struct FileText {
    file: InputFile,
    fingerprint: u64,
}

impl FileText {
    /// The text of a source that was read from a file; `None` for standard input.
    pub fn of(source: &Source) -> Option<Self> {
        source.file.location.as_ref()?;
        Some(Self {
            file: source.file.clone(),
            fingerprint: fingerprint(&source.text),
        })
    }
}

impl Text for FileText {
    fn read(&self) -> Option<Arc<str>> {
        let source = input::read(&self.file).ok()?;
        (fingerprint(&source.text) == self.fingerprint).then_some(source.text)
    }
}

fn fingerprint(text: &str) -> u64 {
    use std::hash::BuildHasher as _;
    rustc_hash::FxBuildHasher.hash_one(text)
}

/// A text that is kept: standard input, the buffer of an editor.
#[derive(Debug, Clone)]
pub struct HeldText(pub Arc<str>);

impl Text for HeldText {
    fn read(&self) -> Option<Arc<str>> {
        Some(Arc::clone(&self.0))
    }
}

/// A rendered document.
#[derive(Debug, Clone)]
pub struct RenderedText {
    document: Rendered,
    sources: Arc<Sources>,
    /// What stands before the paths of the sources where they are shown; empty or ending in `/`.
    shown_below: Arc<str>,
}

impl RenderedText {
    /// A document that was rendered from `sources`, the paths of which are shown below
    /// `shown_below`: empty, or a path that ends in `/`.
    pub fn new(document: Rendered, sources: Arc<Sources>, shown_below: Arc<str>) -> Self {
        Self {
            document,
            sources,
            shown_below,
        }
    }

    fn step(&self, place: Place, what: What, note: &'static str) -> Step {
        let path = self.sources.path(place.source);
        Step {
            path: format!("{}{path}", self.shown_below).into(),
            text: self.sources.text(place.source),
            span: place.span,
            what,
            note,
        }
    }
}

impl Text for RenderedText {
    fn read(&self) -> Option<Arc<str>> {
        Some(Arc::clone(&self.document.text))
    }

    fn origin(&self, span: Span) -> Option<Vec<Step>> {
        let origin = self.document.origin_at(span)?;
        let first = self.step(origin.place, origin.what, "");
        let related = origin.related.iter().chain(self.document.chain.iter());
        let others = related.map(|other| self.step(other.place, other.what, other.note));
        Some(std::iter::once(first).chain(others).collect())
    }

    fn is_rendered(&self) -> bool {
        true
    }
}
