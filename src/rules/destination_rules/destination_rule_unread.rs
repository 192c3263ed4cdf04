//! MESH1015: a DestinationRule in a namespace where no proxy looks for it.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::security::wire::Proxy;
use crate::mesh::{External, Mesh, NamespaceId};
use crate::model::networking::DestinationRule;
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::common::proxies;
use crate::rules::{Check, Run};
use crate::yaml::is_placeholder;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "destination-rule-unread",
    codes: &[Code::MESH1015],
    runs: &[Run::DestinationRule(destination_rule_unread)],
};

/// Istio looks in the namespace of the client, then in that of the service, then in the root
/// namespace (`destinationRule` in `pilot/pkg/model/push_context.go`).
fn destination_rule_unread(rule: &Object<DestinationRule>, mesh: &Mesh, findings: &mut Findings) {
    let home = mesh.places.namespace_of(rule.id);
    if is_placeholder(&rule.spec.host) || mesh.places.is_unplaced(rule.id) {
        return;
    }
    let Some(service) = service_elsewhere(rule, home, mesh) else {
        return;
    };
    // In ambient mode waypoints read the rules, and another check judges that.
    let there = mesh.places.namespace_of(service);
    if mesh.places.get(there).has_ambient_label() || may_have_clients(home, mesh) {
        return;
    }
    let own = rule.namespace();
    let theirs = mesh.places.name(there);
    let message = format!(
        "no proxy reads this rule for {}: namespace {own} has no workload with a proxy, is not \
         namespace {theirs}, where the host is, and is not the root namespace",
        rule.spec.host
    );
    let finding = Finding::new(
        Code::MESH1015,
        rule.id,
        path!["metadata", "namespace"],
        message,
    )
    .help(format!("move the rule to namespace {theirs}"))
    .related(service, "metadata/namespace", "the host is here");
    // A short host would become another one.
    let fix = rule.spec.host.contains('.').then(|| {
        Fix::hazardous(format!("move the rule to namespace {theirs}")).write(
            rule.id,
            path!["metadata", "namespace"],
            theirs.as_str(),
        )
    });
    findings.push(finding.fix(fix));
}

/// The Service or ServiceEntry that the rule is for, if all of them are in other namespaces.
fn service_elsewhere(
    rule: &Object<DestinationRule>,
    home: NamespaceId,
    mesh: &Mesh,
) -> Option<ObjectId> {
    let host = mesh.routing.host_of(rule);
    let mut found: Vec<ObjectId> = Vec::new();
    if host.is_wildcard() && host.complete {
        let namespace = mesh.places.id(host.namespace)?;
        found.extend(
            mesh.of(namespace)
                .services()
                .next()
                .map(|service| service.id),
        );
    } else if host.is_wildcard() {
        // A wildcard that reaches services of the cluster reaches those of its own namespace.
        if host.covers(&format!("a.b.{}", mesh.registry.identity_domain)) {
            return None;
        }
        let entries = mesh.registry.service_entries_within(host.service);
        found.extend(entries.map(|entry| entry.id));
    } else {
        found.extend(mesh.registry.service(&host).map(|service| service.id));
    }
    let entries = mesh.routing.service_entries_for(&host, rule.id);
    found.extend(entries.iter().map(|entry| entry.id));
    let is_here = |id: &ObjectId| mesh.places.namespace_of(*id) == home;
    if found.iter().any(is_here) {
        return None;
    }
    found.first().copied()
}

/// Whether a proxy of the namespace may read the rules there: one that the input shows, or one that
/// it may not show.
fn may_have_clients(namespace: NamespaceId, mesh: &Mesh) -> bool {
    let place = mesh.places.get(namespace);
    let of = mesh.of(namespace);
    let is_open = !place.is_declared()
        || place.is_root
        || place.is_control_plane
        || place.revision().is_some()
        || External::has(&mesh.settings.external.namespaces, &place.name)
        || mesh.evidence.installs_unseen(Some(&place.name)).is_some();
    is_open
        || of.workload_groups().len() + of.workload_entries().len() + of.k8s_gateways().len() > 0
        || mesh
            .workloads
            .ids_of(namespace)
            .any(|id| proxies::proxy_of(id, mesh) != Some(Proxy::None))
}
