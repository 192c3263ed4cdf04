//! What goes wrong in a template.

use super::text::OriginId;
use super::track::ChainId;
use crate::render::Place;

/// What kind of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A template could not be parsed.
    Parse,
    /// A template could not be executed.
    Execution,
    /// The chart refuses its values: `fail` and `required`.
    Refused,
    /// A limit against hostile charts.
    Limit,
}

/// A fault, and where it happened once that is known.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) reason: Reason,
    pub(super) message: String,
    /// The innermost place.
    pub(super) place: Option<Place>,
    /// How the template was reached.
    pub(super) chain: ChainId,
    /// The values that took part.
    pub(super) inputs: Vec<OriginId>,
}

pub(super) type Res<T> = Result<T, Box<Fault>>;

impl Fault {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            reason,
            message: message.into(),
            place: None,
            chain: ChainId::default(),
            inputs: Vec::new(),
        })
    }

    pub(super) fn error(message: impl Into<String>) -> Box<Self> {
        Self::new(Reason::Execution, message)
    }

    pub(super) fn limit(message: impl Into<String>) -> Box<Self> {
        Self::new(Reason::Limit, message)
    }
}
