//! The hosts that destinations can name, and how istioctl looks them up.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::mesh::analysis::Analysis;
use crate::mesh::analysis::hosts::full_host;
use crate::mesh::indices::suffixes;
use crate::model::core::Service;
use crate::model::networking::ServiceEntry;
use crate::model::{Labels, Object, Str};

/// What stands behind a host.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownHost {
    /// The ports, in order.
    pub(super) ports: Vec<i64>,
    /// The same for look-up.
    port_set: FxHashSet<i64>,
    /// Labels of the workloads behind a ServiceEntry's host; empty for Services.
    pub(super) selector: Labels,
}

impl KnownHost {
    /// Whether it has a port of this number.
    pub(super) fn has_port(&self, number: i64) -> bool {
        self.port_set.contains(&number)
    }
}

/// Hosts by scope: a namespace, or `*` for all.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    entries: Vec<KnownHost>,
    scopes: FxHashMap<Str, Scope>,
}

#[derive(Debug, Default)]
struct Scope {
    exact: FxHashMap<Str, u32>,
    /// Hosts with a star, by what follows it.
    wild: FxHashMap<Str, u32>,
    /// The lengths of what follows a star, ascending.
    lengths: Vec<usize>,
}

impl KnownHosts {
    pub(super) fn new(analysis: Analysis<'_>) -> Self {
        let mut hosts = Self::default();
        for entry in analysis.service_entries() {
            hosts.add_service_entry(entry);
        }
        for service in analysis.all_services() {
            hosts.add_service(service);
        }
        for scope in hosts.scopes.values_mut() {
            scope.lengths = scope.wild.keys().map(Str::len).collect();
            scope.lengths.sort_unstable();
            scope.lengths.dedup();
        }
        hosts
    }

    fn add(&mut self, host: KnownHost) -> u32 {
        self.entries.push(host);
        u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
    }

    fn name(&mut self, scope: Str, host: &str, number: u32) {
        let scope = self.scopes.entry(scope).or_default();
        if let Some(bare) = host.strip_prefix('*') {
            scope.wild.insert(bare.into(), number);
        }
        scope.exact.insert(host.into(), number);
    }

    fn add_service_entry(&mut self, entry: &Object<ServiceEntry>) {
        let spec = &entry.spec;
        let number = self.add(KnownHost {
            ports: spec.ports.iter().map(|p| i64::from(p.number)).collect(),
            port_set: spec.ports.iter().map(|p| i64::from(p.number)).collect(),
            selector: spec
                .workload_selector
                .as_ref()
                .map(|selector| selector.labels.clone())
                .unwrap_or_default(),
        });
        for scope in scopes(&spec.export_to, entry.namespace()) {
            for host in &spec.hosts {
                let host = full_host(entry.namespace(), host);
                self.name(scope.clone(), &host, number);
            }
        }
    }

    fn add_service(&mut self, service: &Object<Service>) {
        let (namespace, name) = (service.namespace(), service.name());
        let number = self.add(KnownHost {
            ports: service.spec.spec.ports.iter().map(|p| p.port).collect(),
            port_set: service.spec.spec.ports.iter().map(|p| p.port).collect(),
            selector: Labels::default(),
        });
        let host = format!("{name}.{namespace}.svc.cluster.local");
        let exported = service
            .metadata
            .annotations
            .get("networking.istio.io/exportTo");
        let export_to: Vec<Str> = exported
            .map_or("", Str::as_str)
            .split(',')
            .map(|scope| Str::from(scope.trim()))
            .filter(|scope| !scope.is_empty())
            .collect();
        for scope in scopes(&export_to, namespace) {
            self.name(scope, &host, number);
        }
    }

    fn exact(&self, scope: &str, host: &str) -> Option<&KnownHost> {
        let number = *self.scopes.get(scope)?.exact.get(host)?;
        self.entries.get(number as usize)
    }

    /// The longest wildcard that the host ends in.
    fn wild(&self, scope: &str, host: &str) -> Option<(usize, &KnownHost)> {
        let scope = self.scopes.get(scope)?;
        suffixes(host, &scope.lengths).find_map(|suffix| {
            let number = *scope.wild.get(suffix)?;
            Some((suffix.len(), self.entries.get(number as usize)?))
        })
    }

    /// What stands behind a host as an object of `namespace` with this `exportTo` writes it.
    pub(super) fn find(
        &self,
        namespace: &str,
        export_to: &[Str],
        host: &str,
    ) -> Option<&KnownHost> {
        let full = full_host(namespace, host);
        let found = self.exact("*", &full).or_else(|| {
            if export_to.is_empty() {
                return self.exact(namespace, &full);
            }
            export_to.iter().find_map(|scope| {
                let scope = if scope == "." { namespace } else { scope };
                self.exact(scope, &full)
            })
        });
        found.or_else(|| {
            let bare = host.strip_prefix('*').unwrap_or(host);
            let everywhere = self.wild("*", bare);
            let own = self.wild(namespace, bare);
            match (everywhere, own) {
                (Some((a, _)), Some((b, own))) if b > a => Some(own),
                (Some((_, everywhere)), _) => Some(everywhere),
                (None, own) => own.map(|(_, own)| own),
            }
        })
    }
}

/// The scopes that `exportTo` names: all namespaces when it is silent or says so.
pub(super) fn scopes(export_to: &[Str], namespace: &str) -> Vec<Str> {
    if export_to.is_empty() || export_to.iter().any(|scope| scope == "*") {
        return vec!["*".into()];
    }
    let mut scopes: Vec<Str> = Vec::with_capacity(export_to.len());
    for scope in export_to {
        let scope: Str = if scope == "." {
            namespace.into()
        } else {
            scope.clone()
        };
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}
