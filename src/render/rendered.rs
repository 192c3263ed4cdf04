//! An object as a cluster would get it.

use std::sync::Arc;

use super::{Origin, RelatedOrigin};
use crate::yaml::Span;

/// The origin of a range of rendered text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The bytes of the rendered text: a key, a scalar, or a piece of one.
    pub span: Span,
    /// Index into [`Rendered::origins`].
    pub origin: u32,
}

/// One rendered document and the origins of its parts. Equal documents with equal origins are
/// equal, so that what they are decoded to can be shared between worlds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Rendered {
    /// The document as YAML, without separators.
    pub text: Arc<str>,
    /// The origins of keys and scalars, in the order of the text; marks don't overlap.
    pub marks: Arc<[Mark]>,
    /// The distinct origins.
    pub origins: Arc<[Origin]>,
    /// What brought the object in, from the inside outwards: entries of kustomizations, the
    /// Kustomization, `HelmRelease` or Application that rendered it.
    pub chain: Arc<[RelatedOrigin]>,
    /// Whether it is a hook of Helm.
    pub hook: bool,
}

impl Rendered {
    /// The origin of what stands at `span` in the text: that of the mark which covers its first
    /// byte, else of the first mark inside of it, else of the last one before it.
    pub fn origin_at(&self, span: Span) -> Option<&Origin> {
        let after = self
            .marks
            .partition_point(|mark| mark.span.start <= span.start);
        let before = after.checked_sub(1).and_then(|index| self.marks.get(index));
        let inside = self.marks.get(after);
        let mark = match (before, inside) {
            (Some(mark), _) if mark.span.end > span.start || mark.span == span => mark,
            (_, Some(mark)) if mark.span.start < span.end => mark,
            (Some(mark), _) | (None, Some(mark)) => mark,
            (None, None) => return None,
        };
        self.origins.get(mark.origin as usize)
    }

    /// The origins of all pieces of what stands at `span`, in the order of the text.
    pub fn origins_in(&self, span: Span) -> impl Iterator<Item = &Origin> {
        let first = self
            .marks
            .partition_point(|mark| mark.span.end <= span.start);
        let marks = self.marks.get(first..).unwrap_or_default();
        marks
            .iter()
            .take_while(move |mark| mark.span.start < span.end)
            .filter_map(|mark| self.origins.get(mark.origin as usize))
    }
}

/// Puts a rendered document together piece by piece.
#[derive(Debug, Default)]
pub struct RenderedBuilder {
    text: String,
    marks: Vec<Mark>,
    origins: Vec<Origin>,
    known: rustc_hash::FxHashMap<Origin, u32>,
}

impl RenderedBuilder {
    /// Appends text that has no origin of its own: punctuation, indentation.
    pub fn plain(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a piece that comes from `origin`.
    pub fn piece(&mut self, text: &str, origin: &Origin) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let index = if let Some(index) = self.known.get(origin) {
            *index
        } else {
            let index = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
            self.origins.push(origin.clone());
            self.known.insert(origin.clone(), index);
            index
        };
        self.marks.push(Mark {
            span: Span { start, end },
            origin: index,
        });
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The document.
    pub fn finish(self, chain: Arc<[RelatedOrigin]>, hook: bool) -> Rendered {
        Rendered {
            text: self.text.into(),
            marks: self.marks.into(),
            origins: self.origins.into(),
            chain,
            hook,
        }
    }
}
