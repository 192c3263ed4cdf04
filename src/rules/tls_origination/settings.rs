//! The TLS settings of a DestinationRule, and the ports that they are for.

use rustc_hash::FxHashSet;

use crate::mesh::routing::HostPort;
use crate::mesh::{Audience, Mesh};
use crate::model::networking::{ClientTlsMode, DestinationRule, ServiceEntry, TrafficPolicy};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::yaml::FieldPath;

/// TLS settings and where they stand.
pub(super) struct Setting<'m> {
    /// How TLS is spoken.
    pub(super) mode: ClientTlsMode,
    /// The path of the mode.
    pub(super) path: FieldPath,
    /// The subset that they are for; `None` for the whole host.
    pub(super) subset: Option<&'m str>,
    /// The only port that they are for.
    port: Option<u32>,
    /// Ports with an entry of their own, which takes the place of these settings.
    but: FxHashSet<u32>,
}

impl Setting<'_> {
    /// Whether they hold for a port.
    pub(super) fn is_for(&self, port: u32) -> bool {
        self.port.is_none_or(|only| only == port) && !self.but.contains(&port)
    }

    /// Whether TLS is originated that ends at the host itself.
    pub(super) fn is_of_the_host(&self) -> bool {
        matches!(self.mode, ClientTlsMode::Simple | ClientTlsMode::Mutual)
    }
}

/// The TLS settings of a rule.
pub(super) fn settings(rule: &DestinationRule) -> Vec<Setting<'_>> {
    let mut found = Vec::new();
    if let Some(policy) = &rule.traffic_policy {
        add(policy, &path!["spec", "trafficPolicy"], None, &mut found);
    }
    for (at, subset) in rule.subsets.iter().enumerate() {
        if let Some(policy) = &subset.traffic_policy {
            let path = path!["spec", "subsets", at, "trafficPolicy"];
            add(policy, &path, Some(&subset.name), &mut found);
        }
    }
    found
}

fn add<'m>(
    policy: &TrafficPolicy,
    path: &FieldPath,
    subset: Option<&'m str>,
    found: &mut Vec<Setting<'m>>,
) {
    let entries = policy.port_level_settings.iter();
    let number =
        |port: Option<crate::model::networking::PortSelector>| port.map(|port| port.number);
    if let Some(tls) = &policy.tls {
        found.push(Setting {
            mode: tls.mode,
            path: path.clone().field("tls").field("mode"),
            subset,
            port: None,
            but: entries
                .clone()
                .filter_map(|entry| number(entry.port))
                .collect(),
        });
    }
    for (at, entry) in entries.enumerate() {
        if let (Some(tls), Some(port)) = (&entry.tls, number(entry.port)) {
            let path = path.clone().field("portLevelSettings").item(at);
            found.push(Setting {
                mode: tls.mode,
                path: path.field("tls").field("mode"),
                subset,
                port: Some(port),
                but: FxHashSet::default(),
            });
        }
    }
}

/// How many ServiceEntries within one wildcard are looked at.
const LOOKED_AT: usize = 100;

/// The ServiceEntries that a rule is for, of those that some namespace sees together with it: with
/// its host, or one within its wildcard.
pub(super) fn entries_of<'m>(
    rule: &'m Object<DestinationRule>,
    mesh: &'m Mesh,
) -> Vec<&'m Object<ServiceEntry>> {
    if mesh.objects.service_entries.is_empty() {
        return Vec::new();
    }
    let host = mesh.routing.host_of(rule);
    let name = host.to_string();
    let is_for = |entry: &&Object<ServiceEntry>| {
        let mut hosts = entry.spec.hosts.iter();
        hosts.any(|own| *own == name || host.covers(own))
    };
    let mut entries: Vec<&Object<ServiceEntry>> = if host.is_wildcard() {
        let within = mesh.registry.service_entries_within(&rule.spec.host);
        within.take(LOOKED_AT).collect()
    } else {
        mesh.routing.service_entries_for(&host, rule.id)
    };
    entries.retain(|entry| is_for(entry) && !entry.broken && meet(rule.id, entry.id, mesh));
    entries.sort_unstable_by_key(|entry| entry.id);
    entries.dedup_by_key(|entry| entry.id);
    entries
}

/// Whether some namespace sees both objects.
fn meet(a: ObjectId, b: ObjectId, mesh: &Mesh) -> bool {
    match (mesh.visibility.audience(a), mesh.visibility.audience(b)) {
        (Audience::Everyone, Audience::Everyone) => true,
        (Audience::Only(namespaces), other) | (other, Audience::Only(namespaces)) => {
            namespaces.iter().any(|id| other.includes(*id))
        }
    }
}

/// A port in words: its name and number.
pub(super) fn words(port: &HostPort<'_>) -> String {
    match port.name() {
        "" => port.number.to_string(),
        name => format!("{} ({name})", port.number),
    }
}
