//! IST0116, IST0137: deployments behind several services that disagree about a port.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{list, numbers};
use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::model::core::{Controller, Service};
use crate::model::{IntOrString, Object, ObjectId};
use crate::rules::{Check, Run};

pub(super) const CHECKS: &[Check] = &[Check {
    name: "deployments-of-several-services",
    codes: &[Code::IST0116, Code::IST0137],
    run: Run::Deployment(check),
}];

fn check(deployment: &Object<Controller>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(deployment.id) else {
        return;
    };
    let template = &deployment.spec.template;
    let is_waypoint = deployment
        .metadata
        .labels
        .has("gateway.istio.io/managed", "istio.io-mesh-controller");
    if is_waypoint
        || !analysis.is_in_mesh(
            deployment.namespace(),
            &template.metadata.labels,
            &template.metadata.annotations,
            &template.spec.containers,
        )
    {
        return;
    }
    let services: Vec<&Object<Service>> = analysis
        .services_selecting(deployment.namespace(), &template.metadata.labels)
        .collect();
    protocols(deployment, &services, findings);
    target_ports(deployment, &services, mesh, findings);
}

fn protocols(
    deployment: &Object<Controller>,
    services: &[&Object<Service>],
    findings: &mut Findings,
) {
    let mut by_port: BTreeMap<i64, BTreeSet<(&str, String)>> = BTreeMap::new();
    for service in services {
        for port in &service.spec.spec.ports {
            let protocol = match port.protocol.as_str() {
                "" => "TCP",
                protocol => protocol,
            };
            let name = full_name(service.namespace(), service.name());
            by_port
                .entry(port.port)
                .or_default()
                .insert((protocol, name));
        }
    }
    for (port, users) in by_port {
        let protocols: BTreeSet<&str> = users.iter().map(|(protocol, _)| *protocol).collect();
        if protocols.len() < 2 {
            continue;
        }
        let shown = users
            .iter()
            .map(|(protocol, service)| format!("{service} ({protocol})"));
        let message = format!(
            "deployment {} is behind services that use port {port} with different protocols: {}",
            deployment.name(),
            list(shown)
        );
        let finding = Finding::new(Code::IST0116, deployment.id, "metadata/name", message)
            .help("give the services different ports, or one protocol");
        let users: BTreeSet<&str> = users.iter().map(|(_, name)| name.as_str()).collect();
        findings.push(relate(finding, services, |service| {
            users.contains(full_name(service.namespace(), service.name()).as_str())
        }));
    }
}

fn target_ports(
    deployment: &Object<Controller>,
    services: &[&Object<Service>],
    mesh: &Mesh,
    findings: &mut Findings,
) {
    // Target port to service port to the last service that has it.
    let mut by_target: BTreeMap<String, BTreeMap<i64, &Object<Service>>> = BTreeMap::new();
    for service in services {
        for port in &service.spec.spec.ports {
            let target = match &port.target_port {
                Some(IntOrString::Int(0)) | None => port.port.to_string(),
                Some(IntOrString::String(text)) if text.is_empty() || text == "0" => {
                    port.port.to_string()
                }
                Some(target) => target.to_string(),
            };
            by_target
                .entry(target)
                .or_default()
                .insert(port.port, service);
        }
    }
    for (target, ports) in by_target {
        let users: BTreeSet<ObjectId> = ports.values().map(|service| service.id).collect();
        let fewest = if mesh.quirks.services_conflict_with_themselves {
            1
        } else {
            2
        };
        if ports.len() < 2 || users.len() < fewest {
            continue;
        }
        let mut names: Vec<String> = ports
            .values()
            .map(|service| full_name(service.namespace(), service.name()))
            .collect();
        names.sort_unstable();
        let message = format!(
            "deployment {} is behind the services {}, which lead different ports to target port \
             {target}: {}",
            deployment.name(),
            list(names),
            numbers(ports.keys())
        );
        let finding = Finding::new(Code::IST0137, deployment.id, "metadata/name", message)
            .help("use the same port in the services, or different target ports");
        findings.push(relate(finding, services, |service| {
            users.contains(&service.id)
        }));
    }
}

fn relate(
    mut finding: Finding,
    services: &[&Object<Service>],
    takes_part: impl Fn(&Object<Service>) -> bool,
) -> Finding {
    for service in services
        .iter()
        .filter(|service| takes_part(service))
        .take(5)
    {
        finding = finding.related(service.id, "spec/ports", "one of the services");
    }
    finding
}
