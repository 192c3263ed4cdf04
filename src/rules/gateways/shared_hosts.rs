//! KIA0301 as Kiali reports it: hosts of Gateways of one selector and port number, of which one
//! covers the other.

use rustc_hash::FxHashMap;

use super::host_index::{HostIndex, HostKey};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::registry::split_namespace;
use crate::model::Object;
use crate::model::networking::Gateway;

/// How many of the others a finding names.
const SHOWN: usize = 8;

/// One host of one server.
struct ServerHost<'m> {
    gateway: &'m Object<Gateway>,
    /// Position among the Gateways looked at.
    owner: usize,
    server: usize,
    host: usize,
    text: &'m str,
    /// Namespace of the VirtualServices, `*` for any.
    namespace: &'m str,
    name: String,
}

impl ServerHost<'_> {
    fn key(&self) -> HostKey<'_> {
        HostKey {
            name: &self.name,
            namespace: self.namespace,
        }
    }

    fn path(&self) -> String {
        format!("spec/servers[{}]/hosts[{}]", self.server, self.host)
    }
}

/// Port and selector.
type Place<'m> = (u32, Vec<(&'m str, &'m str)>);

pub(super) fn check(mesh: &Mesh, findings: &mut Findings) {
    for (place, hosts) in groups(mesh) {
        if hosts.len() > 1 {
            Group::new(&hosts).report(place.0, findings);
        }
    }
}

/// The hosts of all Gateways by port and selector, in load order.
fn groups(mesh: &Mesh) -> Vec<(Place<'_>, Vec<ServerHost<'_>>)> {
    let mut groups: Vec<(Place<'_>, Vec<ServerHost<'_>>)> = Vec::new();
    let mut numbers: FxHashMap<Place<'_>, usize> = FxHashMap::default();
    for (owner, gateway) in mesh.routing.gateways().enumerate() {
        let selector = gateway.spec.selector.sorted();
        for (server, spec) in gateway.spec.servers.iter().enumerate() {
            let port = spec.port.as_ref().map_or(0, |port| port.number);
            let place = (port, selector.clone());
            let number = *numbers.entry(place).or_insert_with_key(|place| {
                groups.push((place.clone(), Vec::new()));
                groups.len() - 1
            });
            let Some((_, hosts)) = groups.get_mut(number) else {
                continue;
            };
            for (host, text) in spec.hosts.iter().enumerate() {
                let (namespace, name) = match split_namespace(text) {
                    (None, name) => ("*", name),
                    (Some("."), name) => (gateway.namespace(), name),
                    (Some(namespace), name) => (namespace, name),
                };
                let name = name.split('/').next().unwrap_or_default();
                hosts.push(ServerHost {
                    gateway,
                    owner,
                    server,
                    host,
                    text,
                    namespace,
                    name: name.to_lowercase(),
                });
            }
        }
    }
    groups
}

/// Hosts that share port and selector.
struct Group<'g> {
    hosts: &'g [ServerHost<'g>],
    index: HostIndex<'g>,
    /// The number of each host's key.
    keys: Vec<u32>,
    /// The hosts of each key, in order.
    same: Vec<Vec<usize>>,
    /// The first host of each Gateway, and one past the last.
    ranges: FxHashMap<usize, (usize, usize)>,
}

impl<'g> Group<'g> {
    fn new(hosts: &'g [ServerHost<'g>]) -> Self {
        let mut group = Self {
            hosts,
            index: HostIndex::default(),
            keys: Vec::with_capacity(hosts.len()),
            same: Vec::new(),
            ranges: FxHashMap::default(),
        };
        for (at, host) in hosts.iter().enumerate() {
            let key = group.index.add(host.key());
            group.keys.push(key);
            if group.same.len() <= key as usize {
                group.same.push(Vec::new());
            }
            if let Some(same) = group.same.get_mut(key as usize) {
                same.push(at);
            }
            group.ranges.entry(host.owner).or_insert((at, at)).1 = at + 1;
        }
        group
    }

    fn report(&self, port: u32, findings: &mut Findings) {
        for (at, host) in self.hosts.iter().enumerate() {
            if host.gateway.broken {
                continue;
            }
            if self.has_later(at) || self.is_first_of_its_gateway(at) {
                findings.push(finding(host, port, &self.others(at)));
            }
        }
    }

    fn occurrences(&self, key: u32) -> &[usize] {
        self.same.get(key as usize).map_or(&[], Vec::as_slice)
    }

    fn visit(&self, at: usize, enough: &mut dyn FnMut(u32) -> bool) -> bool {
        self.hosts
            .get(at)
            .is_some_and(|host| self.index.visit(host.key(), enough))
    }

    /// Whether a host that comes later collides with this one.
    fn has_later(&self, at: usize) -> bool {
        self.visit(at, &mut |key| {
            self.occurrences(key).last().is_some_and(|last| *last > at)
        })
    }

    /// Whether a host of an earlier Gateway collides with this one, and with none that comes before
    /// this one in its Gateway.
    fn is_first_of_its_gateway(&self, at: usize) -> bool {
        let Some(host) = self.hosts.get(at) else {
            return false;
        };
        let (from, _) = self.ranges.get(&host.owner).copied().unwrap_or((at, at));
        let before = self.hosts.get(from..at).unwrap_or_default();
        self.visit(at, &mut |key| {
            let first = self.occurrences(key).first();
            let is_earlier = first.is_some_and(|first| *first < from);
            is_earlier
                && self
                    .index
                    .key(key)
                    .is_some_and(|key| !before.iter().any(|sibling| sibling.key().collides(key)))
        })
    }

    /// Some of the hosts that collide with this one, those of other Gateways first.
    fn others(&self, at: usize) -> Vec<&'g ServerHost<'g>> {
        let mut found: Vec<usize> = Vec::new();
        self.visit(at, &mut |key| {
            for other in self.occurrences(key).iter().take(SHOWN + 1) {
                if *other != at && !found.contains(other) {
                    found.push(*other);
                }
            }
            found.len() >= SHOWN
        });
        found.truncate(SHOWN);
        let owner = self.hosts.get(at).map_or(usize::MAX, |host| host.owner);
        let mut others: Vec<_> = found
            .into_iter()
            .filter_map(|other| self.hosts.get(other))
            .collect();
        others.sort_by_key(|other| (other.owner == owner, other.owner, other.server, other.host));
        others
    }
}

fn finding(host: &ServerHost<'_>, port: u32, others: &[&ServerHost<'_>]) -> Finding {
    let own = host.gateway;
    let by = others.first().map_or_else(String::new, |other| {
        let who = if other.owner == host.owner {
            format!("server {} of this Gateway", other.server)
        } else {
            format!(
                "Gateway {}/{} for the same workloads",
                other.gateway.namespace(),
                other.gateway.name()
            )
        };
        let what = if other.text == host.text {
            String::new()
        } else {
            format!(" as part of {}", other.text)
        };
        format!(": {who} serves it{what}")
    });
    let more = match others.len() {
        0 | 1 => String::new(),
        n if n >= SHOWN => ", and so do others".to_owned(),
        n => format!(", and so do {} more", n - 1),
    };
    let message = format!(
        "host {} on port {port} is served more than once{by}{more}",
        host.text
    );
    let mut finding = Finding::new(Code::KIA0301, own.id, host.path(), message).help(
        "keep the host in one server, or give the Gateways selectors or ports that tell them apart",
    );
    for other in others {
        let message = format!("{} is served here too", other.text);
        finding = finding.related(other.gateway.id, other.path(), message);
    }
    finding
}
