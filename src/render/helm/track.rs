//! What pieces of text and values point to: origins and sites, interned.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::text::{LITERAL, OriginId, Piece, SiteId, Text};
use crate::render::{Place, SourceId, What};
use crate::yaml::Span;

/// What an origin is.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// A node of a source, with the text that its scalar stands for.
    Node {
        place: Place,
        what: What,
        text: Option<Rc<str>>,
    },
    /// Computed from several others.
    Mixed(Vec<OriginId>),
}

/// How a template was reached: the place of the include, template or tpl action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct ChainId(pub(super) u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Site {
    /// An action or a literal text of a template.
    pub(super) place: Place,
    pub(super) chain: ChainId,
}

/// The inputs of one computed value that are kept.
const INPUTS: usize = 8;

/// The origins and sites of one rendering.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    origins: Vec<Source>,
    mixed: FxHashMap<Vec<OriginId>, OriginId>,
    sites: Vec<Site>,
    known: FxHashMap<Site, SiteId>,
    chains: Vec<(Place, ChainId)>,
    known_chains: FxHashMap<(Place, ChainId), ChainId>,
}

impl Tracker {
    /// A node of a source.
    pub(super) fn node(&mut self, place: Place, what: What, text: Option<&str>) -> OriginId {
        self.add(Source::Node {
            place,
            what,
            text: text.map(Into::into),
        })
    }

    fn add(&mut self, source: Source) -> OriginId {
        self.origins.push(source);
        OriginId(u32::try_from(self.origins.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn origin(&self, id: OriginId) -> Option<&Source> {
        self.origins.get((id.0 as usize).checked_sub(1)?)
    }

    /// The text that the scalar of an origin stands for.
    pub(super) fn text(&self, id: OriginId) -> Option<&str> {
        match self.origin(id)? {
            Source::Node { text, .. } => text.as_deref(),
            Source::Mixed(_) => None,
        }
    }

    /// What an origin is; a template when there is none.
    pub(super) fn what(&self, id: OriginId) -> What {
        match self.origin(id) {
            Some(Source::Node { what, .. }) => *what,
            _ => What::Template,
        }
    }

    /// The nodes that an origin stands for.
    pub(super) fn nodes(&self, id: OriginId) -> Vec<OriginId> {
        match self.origin(id) {
            Some(Source::Node { .. }) => vec![id],
            Some(Source::Mixed(inputs)) => inputs.clone(),
            None => Vec::new(),
        }
    }

    /// One origin for what was computed from several.
    pub(super) fn mix(&mut self, inputs: &[OriginId]) -> OriginId {
        let mut all: Vec<OriginId> = Vec::new();
        for input in inputs {
            match self.origin(*input) {
                None => {}
                Some(Source::Node { .. }) => all.push(*input),
                Some(Source::Mixed(more)) => all.extend(more),
            }
        }
        let mut seen: Vec<OriginId> = Vec::new();
        for id in all {
            if seen.len() < INPUTS && !seen.contains(&id) {
                seen.push(id);
            }
        }
        match seen.as_slice() {
            [] => OriginId::NONE,
            [one] => *one,
            _ => {
                if let Some(known) = self.mixed.get(&seen) {
                    return *known;
                }
                let id = self.add(Source::Mixed(seen.clone()));
                self.mixed.insert(seen, id);
                id
            }
        }
    }

    /// The origin of a whole text: that of its pieces.
    pub(super) fn of_text(&mut self, text: &Text) -> OriginId {
        if let [piece] = text.pieces() {
            return piece.origin;
        }
        let mut inputs: Vec<OriginId> = Vec::new();
        for piece in text.pieces() {
            if piece.origin != OriginId::NONE && inputs.last() != Some(&piece.origin) {
                inputs.push(piece.origin);
                if inputs.len() > 4 * INPUTS {
                    break;
                }
            }
        }
        self.mix(&inputs)
    }

    pub(super) fn site(&mut self, place: Place, chain: ChainId) -> SiteId {
        let site = Site { place, chain };
        if let Some(known) = self.known.get(&site) {
            return *known;
        }
        self.sites.push(site);
        let id = SiteId(u32::try_from(self.sites.len()).unwrap_or(u32::MAX));
        self.known.insert(site, id);
        id
    }

    pub(super) fn site_of(&self, id: SiteId) -> Option<Site> {
        self.sites.get((id.0 as usize).checked_sub(1)?).copied()
    }

    /// A call from `place`, itself reached by `chain`.
    pub(super) fn call(&mut self, place: Place, chain: ChainId) -> ChainId {
        if let Some(known) = self.known_chains.get(&(place, chain)) {
            return *known;
        }
        self.chains.push((place, chain));
        let id = ChainId(u32::try_from(self.chains.len()).unwrap_or(u32::MAX));
        self.known_chains.insert((place, chain), id);
        id
    }

    /// The places of the calls, from the inside outwards.
    pub(super) fn calls(&self, chain: ChainId) -> Vec<Place> {
        let mut places = Vec::new();
        let mut at = chain;
        while let Some((place, next)) = (at.0 as usize)
            .checked_sub(1)
            .and_then(|index| self.chains.get(index))
        {
            places.push(*place);
            at = *next;
            if places.len() >= 32 {
                break;
            }
        }
        places
    }

    /// Where a piece stands in a source, `inside` bytes after its start.
    pub(super) fn place_in(&self, piece: Piece, inside: usize, len: usize) -> Option<Place> {
        let len = super::text::offset(len);
        let at = |source: SourceId| {
            let start = piece.at + super::text::offset(inside);
            Place {
                source,
                span: Span {
                    start,
                    end: start + len,
                },
            }
        };
        let literal = piece.flags & LITERAL != 0;
        match self.origin(piece.origin) {
            Some(Source::Node { place, .. }) if literal => Some(at(place.source)),
            Some(Source::Node { place, .. }) => Some(*place),
            Some(Source::Mixed(inputs)) => match self.origin(*inputs.first()?)? {
                Source::Node { place, .. } => Some(*place),
                Source::Mixed(_) => None,
            },
            None => {
                let site = self.site_of(piece.site)?;
                Some(if literal {
                    at(site.place.source)
                } else {
                    site.place
                })
            }
        }
    }
}
