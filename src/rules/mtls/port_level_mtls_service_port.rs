//! MESH2009: ports of Services in a PeerAuthentication, which counts ports of workloads.

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::{Mesh, NamespaceId};
use crate::model::attachment::Attached;
use crate::model::security::{MutualTls, PeerAuthentication};
use crate::model::{Labels, Map, Object};
use crate::path;
use crate::rules::common::workload_ports::PortFacts;
use crate::rules::{Check, Run};
use crate::yaml::edit::Change;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "port-level-mtls-service-port",
    codes: &[Code::MESH2009],
    runs: &[Run::Mesh(port_level_mtls_service_port)],
};

/// Namespace and labels of a selector.
type Selector<'m> = (NamespaceId, Vec<(&'m str, &'m str)>);

fn port_level_mtls_service_port(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let mut known: FxHashMap<Selector<'_>, PortFacts> = FxHashMap::default();
    for policy in &mesh.objects.peer_authentications {
        let home = mesh.places.namespace_of(policy.id);
        // A policy with a selector in the root namespace selects nothing.
        let is_judged =
            !policy.broken && !mesh.is_context(policy.id) && !mesh.places.get(home).is_root;
        let ports = policy.spec.port_level_mtls.as_ref().filter(|_| is_judged);
        let (Some(ports), Some(labels)) = (ports, policy.spec.selected_labels()) else {
            continue;
        };
        let facts = known
            .entry((home, labels.sorted()))
            .or_insert_with(|| facts(mesh, home, labels));
        judge(policy, ports, facts, findings);
    }
}

fn facts(mesh: &Mesh, home: NamespaceId, labels: &Labels) -> PortFacts {
    let mut facts = PortFacts::default();
    for id in mesh.workloads.ids_matching(Some(home), labels) {
        facts.add(mesh, id);
    }
    facts
}

fn judge(
    policy: &Object<PeerAuthentication>,
    ports: &Map<MutualTls>,
    facts: &PortFacts,
    findings: &mut Findings,
) {
    for (key, _) in ports.iter() {
        let Some(served) = key.parse().ok().and_then(|number| facts.misread(number)) else {
            continue;
        };
        let target = served.target.to_string();
        let place = path!["spec", "portLevelMtls", key.as_str()];
        let message = format!(
            "port {key} is a port of Service {}, whose pods listen at {target}: portLevelMtls \
             counts ports of the workload, so the entry has no effect",
            served.service_name
        );
        let fix = (!ports.contains_key(&target)).then(|| {
            let fix = Fix::hazardous(format!("write {target}"));
            let change = Change::RenameKey(target.as_str().into());
            fix.change(policy.id, place.clone(), change)
        });
        findings.push(
            Finding::new(Code::MESH2009, policy.id, place, message)
                .help(format!("write {target}"))
                .related(
                    served.service,
                    served.path.clone(),
                    "the port of the Service",
                )
                .fix(fix),
        );
    }
}
