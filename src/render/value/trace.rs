//! Places of parts of a tree.

use std::sync::Arc;

use crate::render::{Origin, Place, RelatedOrigin, What};

/// Where a part was written, and what else took part: an [`Origin`] that is cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The place.
    pub place: Place,
    /// What stands there.
    pub what: What,
    /// Whether the text there is this scalar.
    pub exact: bool,
    related: Option<Arc<Vec<RelatedOrigin>>>,
}

/// Places that one trace remembers beside its own; what took part first is kept.
const MOST_RELATED: usize = 16;

impl Trace {
    /// A part that is written at `place`.
    pub const fn new(place: Place, what: What) -> Self {
        Self {
            place,
            what,
            exact: false,
            related: None,
        }
    }

    /// The same place, which is not the scalar itself.
    #[must_use]
    pub fn inexact(&self) -> Self {
        Self {
            exact: false,
            ..self.clone()
        }
    }

    /// The same place, as something else.
    #[must_use]
    pub fn as_what(&self, what: What) -> Self {
        Self {
            what,
            ..self.clone()
        }
    }

    /// With one more place that took part.
    #[must_use]
    pub fn with(mut self, place: Place, what: What, note: &'static str) -> Self {
        self.relate(RelatedOrigin { place, what, note });
        self
    }

    /// With another part that took part, and all that took part in it.
    #[must_use]
    pub fn with_trace(mut self, other: &Trace, note: &'static str) -> Self {
        self.relate(RelatedOrigin {
            place: other.place,
            what: other.what,
            note,
        });
        for related in other.related() {
            self.relate(*related);
        }
        self
    }

    /// The other places, from the inside outwards.
    pub fn related(&self) -> &[RelatedOrigin] {
        self.related.as_deref().map_or(&[], Vec::as_slice)
    }

    fn relate(&mut self, related: RelatedOrigin) {
        if related.place == self.place {
            return;
        }
        let list = Arc::make_mut(self.related.get_or_insert_default());
        if list.len() < MOST_RELATED && !list.contains(&related) {
            list.push(related);
        }
    }

    /// The trace of what something else has rendered.
    pub fn from_origin(origin: &Origin) -> Self {
        let mut trace = Self::new(origin.place, origin.what);
        trace.exact = origin.exact;
        for related in &origin.related {
            trace.relate(*related);
        }
        trace
    }

    /// The origin.
    pub fn origin(&self) -> Origin {
        Origin {
            place: self.place,
            what: self.what,
            exact: self.exact,
            related: self.related().to_vec(),
        }
    }
}
