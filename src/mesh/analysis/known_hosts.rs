//! The hosts that destinations can name, and how istioctl looks them up.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Analysis;
use super::hosts::{HostSet, full_host, suffixes};
use crate::model::core::Service;
use crate::model::networking::ServiceEntry;
use crate::model::{Labels, Object, ObjectId, Str};

/// What stands behind a host.
#[derive(Debug, Clone, Default)]
pub struct KnownHost {
    /// The ports, in order.
    pub ports: Vec<i64>,
    /// Labels of the workloads behind a ServiceEntry's host; empty for Services.
    pub selector: Labels,
    /// The Service or ServiceEntry, `None` for the Service taken for granted.
    pub object: Option<ObjectId>,
    /// Position of the ServiceEntry among its kind, `None` for Services.
    service_entry: Option<u32>,
    /// Namespace and name of the Service; empty for ServiceEntries.
    service: (Str, Str),
}

/// Hosts by scope: a namespace, or `*` for all.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    entries: Vec<KnownHost>,
    scopes: FxHashMap<Str, Scope>,
    /// All hosts back to front, for wildcards that ask for their ends.
    ends: OnceLock<HostSet>,
    /// Whether several objects of one host add up.
    are_joined: bool,
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
    fn new(analysis: Analysis<'_>) -> Self {
        let mut hosts = Self {
            are_joined: !analysis.mesh.quirks.run_time_plays_no_part,
            ..Self::default()
        };
        let objects = &analysis.mesh.objects;
        for (position, entry) in (0u32..).zip(&objects.service_entries) {
            if hosts.are_joined || analysis.counts(entry.id) {
                hosts.add_service_entry(entry, position);
            }
        }
        for service in analysis.all_services() {
            let object = analysis.mesh.objects.header(service.id).map(|_| service.id);
            hosts.add_service(service, object);
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

    /// Gives a host its name in a scope. Outside upstream mode several objects of one host add up,
    /// as istiod joins the ports of ServiceEntries and copies of an object are alternatives.
    fn name(&mut self, scope: Str, host: &str, number: u32) {
        let earlier = self
            .scopes
            .get(&scope)
            .and_then(|scope| scope.exact.get(host));
        let number = match earlier.and_then(|earlier| self.joined(*earlier, number)) {
            Some(joined) => self.add(joined),
            None => number,
        };
        let scope = self.scopes.entry(scope).or_default();
        if let Some(bare) = host.strip_prefix('*') {
            scope.wild.insert(bare.into(), number);
        }
        scope.exact.insert(host.into(), number);
    }

    /// Both, if the later one lacks a port of the earlier one.
    fn joined(&self, earlier: u32, later: u32) -> Option<KnownHost> {
        let earlier = self.entries.get(earlier as usize)?;
        let later = self.entries.get(later as usize)?;
        let lacks = |port: &&i64| !later.ports.contains(*port);
        let more: Vec<i64> = earlier.ports.iter().filter(lacks).copied().collect();
        if !self.are_joined || more.is_empty() {
            return None;
        }
        let mut joined = later.clone();
        joined.ports.extend(more);
        Some(joined)
    }

    fn add_service_entry(&mut self, entry: &Object<ServiceEntry>, position: u32) {
        let spec = &entry.spec;
        let number = self.add(KnownHost {
            ports: spec.ports.iter().map(|p| i64::from(p.number)).collect(),
            selector: spec
                .workload_selector
                .as_ref()
                .map(|selector| selector.labels.clone())
                .unwrap_or_default(),
            object: Some(entry.id),
            service_entry: Some(position),
            service: Default::default(),
        });
        for scope in scopes(&spec.export_to, entry.namespace()) {
            for host in &spec.hosts {
                let host = full_host(entry.namespace(), host);
                self.name(scope.clone(), &host, number);
            }
        }
    }

    fn add_service(&mut self, service: &Object<Service>, object: Option<ObjectId>) {
        let (namespace, name) = (service.namespace(), service.name());
        let number = self.add(KnownHost {
            ports: service.spec.spec.ports.iter().map(|p| p.port).collect(),
            selector: Labels::default(),
            object,
            service_entry: None,
            service: (namespace.into(), name.into()),
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

impl<'m> Analysis<'m> {
    pub(super) fn known_hosts(self) -> &'m KnownHosts {
        self.memory.hosts.get_or_init(|| KnownHosts::new(self))
    }

    /// The namespaces that an object exported so is for, `*` for all.
    pub fn scopes(self, export_to: &[Str], namespace: &str) -> Vec<Str> {
        scopes(export_to, namespace)
    }

    /// What stands behind a host as an object of `namespace` with this `exportTo` writes it.
    pub fn find_host(
        self,
        namespace: &str,
        export_to: &[Str],
        host: &str,
    ) -> Option<&'m KnownHost> {
        let hosts = self.known_hosts();
        let full = full_host(namespace, host);
        let by_export = self.quirks().hosts_are_found_by_export_to;
        let found = hosts.exact("*", &full).or_else(|| {
            if export_to.is_empty() || !by_export {
                hosts.exact(namespace, &full)
            } else {
                export_to.iter().find_map(|scope| {
                    let scope = if scope == "." { namespace } else { scope };
                    hosts.exact(scope, &full)
                })
            }
        });
        found.or_else(|| {
            let bare = host.strip_prefix('*').unwrap_or(host);
            let everywhere = hosts.wild("*", bare);
            let own = hosts.wild(namespace, bare);
            match (everywhere, own) {
                (Some((a, _)), Some((b, own))) if b > a => Some(own),
                (Some((_, everywhere)), _) => Some(everywhere),
                (None, own) => own.map(|(_, own)| own),
            }
        })
    }

    /// Whether a host has a port for an object of `namespace`, by an object that everybody or only
    /// this namespace sees.
    pub fn has_port(self, namespace: &str, host: &str, port: i64) -> bool {
        let hosts = self.known_hosts();
        let full = full_host(namespace, host);
        let mut found = ["*", namespace]
            .into_iter()
            .filter_map(|scope| hosts.exact(scope, &full));
        found.any(|known| known.ports.contains(&port))
    }

    /// Whether the host of some Service or ServiceEntry ends in `suffix`.
    pub fn has_host_ending_in(self, suffix: &str) -> bool {
        let hosts = self.known_hosts();
        let ends = hosts.ends.get_or_init(|| {
            let scopes = hosts.scopes.values();
            let names = scopes.flat_map(|scope| scope.exact.keys());
            HostSet::new(names.map(|name| (name.as_str(), 0)))
        });
        !ends.ending_in(suffix).is_empty()
    }

    /// Whether the full name is that of istiod's Service, which every mesh has although manifests
    /// of applications seldom hold it.
    pub fn is_control_plane(self, full: &str) -> bool {
        full.strip_prefix("istiod")
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_prefix(self.root_namespace()))
            .is_some_and(|rest| rest == ".svc.cluster.local")
    }

    /// The Service behind a host.
    pub fn service_of(self, host: &KnownHost) -> Option<&'m Object<Service>> {
        self.service(&host.service.0, &host.service.1)
    }

    /// The ServiceEntry behind a host.
    pub fn service_entry_of(self, host: &KnownHost) -> Option<&'m Object<ServiceEntry>> {
        let position = host.service_entry?;
        self.mesh.objects.service_entries.get(position as usize)
    }
}
