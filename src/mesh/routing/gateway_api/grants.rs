//! What ReferenceGrants allow.

use rustc_hash::FxHashMap;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::model::gateway_api::{GROUP, ReferenceGrant};
use crate::model::{Object, Str};
use crate::yaml::is_placeholder;

/// A reference of an object of the Gateway API to something in another namespace.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'r> {
    /// The kind of the object that refers.
    pub from_kind: &'r str,
    /// Its namespace.
    pub from_namespace: &'r str,
    /// The kind of the target, which is of the core group.
    pub kind: &'r str,
    /// The namespace of the target.
    pub namespace: &'r str,
    /// The name of the target.
    pub name: &'r str,
}

/// Positions of ReferenceGrants. A namespace may hold many, of which few speak of both ends of a
/// reference, so the shorter of two lists is looked through.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// By their own namespace and the namespace and kind of what may refer; those whose namespace
    /// is filled in later stand under the empty name as well.
    by_source: FxHashMap<(NamespaceId, Str, Str), Vec<u32>>,
    /// By their own namespace and the kind and name of what may be referred to; the name is empty
    /// where it may be any.
    by_target: FxHashMap<(NamespaceId, Str, Str), Vec<u32>>,
}

impl Grants {
    pub(super) fn add(&mut self, home: NamespaceId, position: u32, grant: &ReferenceGrant) {
        let add = |positions: &mut Vec<u32>| {
            if positions.last() != Some(&position) {
                positions.push(position);
            }
        };
        for from in &grant.from {
            let key = (home, from.namespace.clone(), from.kind.clone());
            add(self.by_source.entry(key).or_default());
            if is_placeholder(&from.namespace) {
                let key = (home, Str::new(), from.kind.clone());
                add(self.by_source.entry(key).or_default());
            }
        }
        for to in &grant.to {
            let name = if is_placeholder(&to.name) {
                Str::new()
            } else {
                to.name.clone()
            };
            add(self
                .by_target
                .entry((home, to.kind.clone(), name))
                .or_default());
        }
    }
}

impl Routing {
    /// The ReferenceGrants in the namespace `to` that speak of objects of the kind `kind` in the
    /// namespace `from`, in load order. What they grant is for the caller to read.
    pub fn reference_grants(
        &self,
        to: &str,
        from: &str,
        kind: &str,
    ) -> impl Iterator<Item = &Object<ReferenceGrant>> {
        let grants = &self.gateway_api().grants;
        let home = self.places.id(to);
        let positions = home.and_then(|to| grants.by_source.get(&(to, from.into(), kind.into())));
        self.grants_at(positions.into_iter())
    }

    /// Whether a ReferenceGrant in the target's namespace allows the reference.
    pub fn is_granted(&self, reference: &Reference<'_>) -> bool {
        let Some(home) = self.places.id(reference.namespace) else {
            return false;
        };
        if self.quirks.any_service_grant_holds {
            let mut grants = self.reference_grants(
                reference.namespace,
                reference.from_namespace,
                reference.from_kind,
            );
            return grants.any(|grant| grant.spec.to.iter().any(|to| to.kind == reference.kind));
        }
        let grants = &self.gateway_api().grants;
        let source = |namespace: &str| {
            let key = (home, namespace.into(), reference.from_kind.into());
            grants.by_source.get(&key)
        };
        let target = |name: &str| {
            let key = (home, reference.kind.into(), name.into());
            grants.by_target.get(&key)
        };
        let sources = [source(""), source(reference.from_namespace)];
        let targets = [target(""), target(reference.name)];
        let length = |lists: [Option<&Vec<u32>>; 2]| -> usize {
            lists.into_iter().flatten().map(Vec::len).sum()
        };
        let shorter = if length(sources) <= length(targets) {
            sources
        } else {
            targets
        };
        self.grants_at(shorter.into_iter().flatten())
            .any(|grant| allows(&grant.spec, reference))
    }

    fn grants_at<'m>(
        &'m self,
        lists: impl Iterator<Item = &'m Vec<u32>>,
    ) -> impl Iterator<Item = &'m Object<ReferenceGrant>> {
        lists
            .flatten()
            .filter_map(|position| self.objects.reference_grants.get(*position as usize))
    }
}

/// Whether a grant of the right namespace allows the reference.
fn allows(grant: &ReferenceGrant, reference: &Reference<'_>) -> bool {
    let from = grant.from.iter().any(|from| {
        from.kind == reference.from_kind
            && (from.namespace == reference.from_namespace || is_placeholder(&from.namespace))
            && from.group == GROUP
    });
    from && grant.to.iter().any(|to| {
        to.kind == reference.kind
            && to.group.is_empty()
            && (to.name.is_empty() || to.name == reference.name || is_placeholder(&to.name))
    })
}
