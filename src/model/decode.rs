//! From a YAML node to the typed body of an object, and the problems on the way.

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use super::kinds::{Dialect, Kind};
use super::object::Status;
use crate::yaml::{self, DecodeOptions, Node, Problem, Trail};

/// The node of an object, ready to be decoded as its kind.
pub(crate) struct Undecoded<'t> {
    root: Node<'t>,
    kind: Kind,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Undecoded<'t> {
    pub(crate) fn new(root: Node<'t>, kind: Kind) -> Self {
        Self {
            root,
            kind,
            problems: RefCell::default(),
        }
    }

    /// Decodes the spec (or the whole object, see [`Kind::has_spec_model`]) and the status.
    /// The last value tells whether something could not be decoded.
    pub(crate) fn decode<T: DeserializeOwned + Default>(&self) -> (T, Option<Box<Status>>, bool) {
        let dialect = self.kind.dialect();
        let options = DecodeOptions {
            proto: dialect == Dialect::Proto,
            unknown_fields: dialect != Dialect::Open,
        };
        if !self.kind.has_spec_model() {
            let decoded = yaml::decode(self.root, &Trail::Root, options);
            let broken = decoded.is_broken();
            self.problems.borrow_mut().extend(decoded.problems);
            return (decoded.value, None, broken);
        }
        let status = self
            .root
            .get("status")
            .filter(|node| !node.is_null())
            .map(|node| {
                let trail = Trail::top("status");
                Box::new(yaml::decode::<Status>(node, &trail, DecodeOptions::default()).value)
            });
        let Some(spec) = self.root.get("spec") else {
            return (T::default(), status, false);
        };
        let decoded = yaml::decode(spec, &Trail::top("spec"), options);
        let broken = decoded.is_broken();
        self.problems.borrow_mut().extend(decoded.problems);
        (decoded.value, status, broken)
    }

    /// What was bad.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}
