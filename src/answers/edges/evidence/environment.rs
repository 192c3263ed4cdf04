//! Calls that pods are told to make: hosts in arguments, variables and ConfigMaps.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::hosts::hosts_in;
use super::{Bundle, Callees, Calls, Finder, Kind};
use crate::mesh::security::wire::{Port, Target};
use crate::model::core::{ConfigMap, PodSpec};
use crate::model::{Object, ObjectId, Str};

/// Services and ports that a text names.
type Named = Vec<(ObjectId, Option<i64>)>;

impl<'m> Finder<'m> {
    pub(super) fn environment(&self, calls: &mut Calls) {
        let mut maps: FxHashMap<ObjectId, Arc<Named>> = FxHashMap::default();
        for (id, workload) in self.mesh.workloads.iter() {
            let Some(spec) = workload.pod_spec(&self.mesh.objects) else {
                continue;
            };
            let home = self.mesh.places.name(workload.namespace);
            let mut callees = Callees::default();
            let mut add = |found: &Named| {
                for (object, port) in found {
                    let ports = callees.entry(*object).or_default();
                    ports.extend(port.filter(|port| !ports.contains(port)));
                }
            };
            for text in texts_of(spec) {
                add(&self.named_in(text, home));
            }
            for (map, key) in self.config_maps(spec, home) {
                match key {
                    Some(key) => {
                        let text = map.spec.data.get(key).map_or("", Str::as_str);
                        add(&self.named_in(text, home));
                    }
                    None => {
                        let own = maps.entry(map.id).or_insert_with(|| {
                            let values = map.spec.data.values();
                            Arc::new(values.flat_map(|text| self.named_in(text, home)).collect())
                        });
                        add(own);
                    }
                }
            }
            callees.retain(|_, ports| !ports.is_empty());
            calls.add(Bundle {
                kind: Kind::Env,
                shown_by: workload.object,
                clients: Arc::new([id]),
                callees: Arc::new(callees),
            });
        }
    }

    /// The Services that a text in a pod of `home` names, with the port of each.
    fn named_in(&self, text: &str, home: &str) -> Named {
        let found = hosts_in(text).filter_map(|(host, port)| {
            let target = self.target_of_name(host, home)?;
            let ports = self.wire.ports(target);
            let own = match port {
                Some(port) => ports.iter().find(|own| own.number() == port),
                None => ports.first(),
            };
            Some((target.object, own.map(Port::number)))
        });
        found.filter(|(_, port)| port.is_some()).collect()
    }

    /// The Service that the resolver of a pod of `home` finds: `name`, `name.namespace`,
    /// `name.namespace.svc` or the full name.
    fn target_of_name(&self, host: &str, home: &str) -> Option<&'m Target> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let Some((name, rest)) = host.split_once('.') else {
            return self.wire.target(home, host);
        };
        let domain = self.mesh.registry.identity_domain.as_str();
        let namespace = match rest.split_once('.') {
            None => rest,
            Some((namespace, tail)) if tail == "svc" || tail == domain => namespace,
            Some(_) => return None,
        };
        self.wire.target(namespace, name)
    }

    /// The ConfigMaps that a pod takes in; with a key where it takes in one value.
    fn config_maps<'s>(
        &'s self,
        spec: &'s PodSpec,
        home: &'s str,
    ) -> impl Iterator<Item = (&'m Object<ConfigMap>, Option<&'s str>)> {
        let whole = spec.config_maps().map(|name| (name, None));
        let variables = spec.all_containers().flat_map(|own| &own.env);
        let single = variables.filter_map(|variable| {
            let from = variable.value_from.as_ref()?.config_map_key_ref.as_ref()?;
            Some((from.name.as_str(), Some(from.key.as_str())))
        });
        whole.chain(single).filter_map(move |(name, key)| {
            let map = self.mesh.named(home, name).config_maps()?;
            Some((map, key))
        })
    }
}

/// The texts that a pod's containers are given.
fn texts_of(spec: &PodSpec) -> impl Iterator<Item = &str> {
    spec.all_containers().flat_map(|container| {
        let words = container.command.iter().chain(&container.args);
        let values = container.env.iter().map(|variable| &variable.value);
        words.chain(values).map(Str::as_str)
    })
}
