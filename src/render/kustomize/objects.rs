//! The objects of a build, in order, found by identity and by name.

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::super::RelatedOrigin;
use super::identity::Identity;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::{Resource, place_of};

/// The objects of a build, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Objects {
    list: Vec<Resource>,
    current: Option<FxHashMap<Identity, usize>>,
    names: Option<FxHashMap<EcoString, Vec<usize>>>,
}

impl Objects {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn list(&self) -> &[Resource] {
        &self.list
    }

    /// The objects, to change them.
    pub(super) fn list_mut(&mut self) -> &mut Vec<Resource> {
        self.current = None;
        self.names = None;
        &mut self.list
    }

    /// Appends an object, whose identity must be new.
    pub(super) fn append(&mut self, resource: Resource) -> Result<()> {
        let identity = resource.identity().normal();
        let list = &self.list;
        let current = self.current.get_or_insert_with(|| {
            let known = list.iter().enumerate();
            known
                .map(|(index, resource)| (resource.identity().normal(), index))
                .collect()
        });
        if let Some(first) = current.get(&identity).and_then(|index| list.get(*index)) {
            let place = place_of(&resource);
            return Err(Problem::new(
                ProblemKind::DuplicateObject,
                place,
                format!("{identity} is there already"),
            )
            .help("list it once, or give one of them another name or namespace")
            .near(RelatedOrigin {
                place: place_of(first),
                what: first.trace().what,
                note: "is the other one",
            }));
        }
        current.insert(identity, self.list.len());
        if let Some(names) = &mut self.names {
            note_names(names, &resource, self.list.len());
        }
        self.list.push(resource);
        Ok(())
    }

    /// The objects that have or had the name.
    pub(super) fn named(&mut self, name: &str) -> Vec<usize> {
        let list = &self.list;
        let names = self.names.get_or_insert_with(|| {
            let mut names = FxHashMap::default();
            for (index, resource) in list.iter().enumerate() {
                note_names(&mut names, resource, index);
            }
            names
        });
        names.get(name).cloned().unwrap_or_default()
    }

    /// Whoever is or was the one.
    pub(super) fn find(&mut self, identity: &Identity) -> Vec<usize> {
        let mut found = self.named(&identity.name);
        found.retain(|index| {
            self.list
                .get(*index)
                .is_some_and(|resource| !resource.node().is_empty() && resource.was(identity))
        });
        found
    }

    /// One object, to change what is not its identity.
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Resource> {
        self.list.get_mut(index)
    }

    /// Drops what has become empty.
    pub(super) fn drop_empty(&mut self) {
        if self.list.iter().any(|resource| resource.node().is_empty()) {
            self.list_mut()
                .retain(|resource| !resource.node().is_empty());
        }
    }

    /// Says that identities have changed.
    pub(super) fn renamed(&mut self) {
        self.current = None;
        self.names = None;
    }
}

fn note_names(names: &mut FxHashMap<EcoString, Vec<usize>>, resource: &Resource, index: usize) {
    let mut note = |name: EcoString| {
        let list = names.entry(name).or_default();
        if list.last() != Some(&index) {
            list.push(index);
        }
    };
    note(resource.name());
    for past in &resource.history {
        note(past.name.clone());
    }
}
