//! MESH2009: ports of Services in a PeerAuthentication, which counts ports of workloads.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::{Mesh, WorkloadId};
use crate::model::Object;
use crate::model::attachment::Attached;
use crate::model::security::PeerAuthentication;
use crate::path;
use crate::rules::common::workload_ports::PortFacts;
use crate::rules::{Check, Run};
use crate::yaml::edit::Change;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "port-level-mtls-service-port",
    codes: &[Code::MESH2009],
    runs: &[Run::PeerAuthentication(port_level_mtls_service_port)],
};

/// How many workloads of a policy are looked at; of a policy with more nothing is said.
const WORKLOADS: usize = 200;

fn port_level_mtls_service_port(
    policy: &Object<PeerAuthentication>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let home = mesh.places.namespace_of(policy.id);
    let Some(ports) = policy.spec.port_level_mtls.as_ref() else {
        return;
    };
    // A policy with a selector in the root namespace selects nothing.
    let Some(labels) = policy.spec.selected_labels() else {
        return;
    };
    if mesh.quirks.run_time_plays_no_part || mesh.places.get(home).is_root {
        return;
    }
    let workloads: Vec<WorkloadId> = mesh
        .workloads
        .ids_matching(Some(home), labels)
        .take(WORKLOADS + 1)
        .collect();
    if workloads.len() > WORKLOADS {
        return;
    }
    let mut facts = PortFacts::default();
    for workload in workloads {
        facts.add(mesh, workload);
    }
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
