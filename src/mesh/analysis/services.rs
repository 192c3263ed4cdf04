//! Services, and which of them select given labels.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::Analysis;
use crate::mesh::indices::SelectorIndex;
use crate::model::core::Service;
use crate::model::{Labels, Object, Str};

/// The Services in the order of their namespaces; `None` is the one taken for granted.
#[derive(Debug, Default)]
pub(super) struct ServiceTable {
    positions: Vec<Option<u32>>,
    ranges: FxHashMap<Str, Range<u32>>,
    selectors: SelectorIndex,
    selectorless: FxHashMap<Str, Vec<u32>>,
    by_name: FxHashMap<Str, Vec<u32>>,
}

impl<'m> Analysis<'m> {
    pub(super) fn service_table(self) -> &'m ServiceTable {
        self.memory.services.get_or_init(|| {
            let mut positions: Vec<Option<u32>> = (0u32..)
                .zip(&self.mesh.objects.services)
                .filter(|(_, service)| self.counts(service.id))
                .map(|(position, _)| Some(position))
                .collect();
            if let Some(added) = self.added() {
                let taken = self.services().any(|service| {
                    service.name() == added.service.name()
                        && service.namespace() == added.service.namespace()
                });
                if !taken {
                    positions.push(None);
                }
            }
            let service = |position: Option<u32>| self.service_at_position(position);
            positions.sort_by_key(|position| service(*position).map(Object::namespace));
            let mut table = ServiceTable::default();
            let list = positions.iter().filter_map(|position| service(*position));
            for (number, service) in (0u32..).zip(list.clone()) {
                let namespace = &service.metadata.namespace;
                table
                    .ranges
                    .entry(namespace.clone())
                    .or_insert(number..number)
                    .end = number + 1;
                if service.spec.spec.selector.is_empty() {
                    let group = table.selectorless.entry(namespace.clone());
                    group.or_default().push(number);
                }
                let group = table.by_name.entry(service.metadata.name.clone());
                group.or_default().push(number);
            }
            table.selectors = SelectorIndex::build(list.map(|service| &service.spec.spec.selector));
            table.positions = positions;
            table
        })
    }

    fn service_at_position(self, position: Option<u32>) -> Option<&'m Object<Service>> {
        match position {
            Some(position) => self.mesh.objects.services.get(position as usize),
            None => self.added().map(|added| &added.service),
        }
    }

    fn service_number(self, number: u32) -> Option<&'m Object<Service>> {
        let position = self.service_table().positions.get(number as usize)?;
        self.service_at_position(*position)
    }

    /// All Services, the one taken for granted included, namespace by namespace.
    pub fn all_services(self) -> impl Iterator<Item = &'m Object<Service>> {
        let positions = self.service_table().positions.iter();
        positions.filter_map(move |position| self.service_at_position(*position))
    }

    /// The Services of a namespace that select `labels` by a selector that is not empty.
    pub fn services_selecting(
        self,
        namespace: &str,
        labels: &Labels,
    ) -> impl Iterator<Item = &'m Object<Service>> {
        let table = self.service_table();
        let range = table.ranges.get(namespace).cloned().unwrap_or(0..0);
        let numbers = table.selectors.selecting(range, labels);
        numbers
            .into_iter()
            .filter_map(move |number| self.service_number(number))
    }

    /// The Services of a namespace without a selector.
    pub fn selectorless_services(
        self,
        namespace: &str,
    ) -> impl Iterator<Item = &'m Object<Service>> {
        let numbers = self.service_table().selectorless.get(namespace);
        numbers
            .into_iter()
            .flatten()
            .filter_map(move |number| self.service_number(*number))
    }

    /// The Service of this namespace and name.
    pub fn service(self, namespace: &str, name: &str) -> Option<&'m Object<Service>> {
        let numbers = self.service_table().by_name.get(name)?;
        let at = numbers.partition_point(|number| {
            self.service_number(*number)
                .is_some_and(|service| service.namespace() < namespace)
        });
        self.service_number(*numbers.get(at)?)
            .filter(|service| service.namespace() == namespace)
    }
}
