//! IST0116, IST0137: deployments behind several services that disagree about a port.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::mesh::analysis::selectors::selector_text;
use crate::model::core::{Controller, Service};
use crate::model::{IntOrString, Object, ObjectId};
use crate::rules::common::lists::{list, numbers};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "deployment-port-conflict",
    codes: &[Code::IST0116, Code::IST0137],
    runs: &[Run::Mesh(deployment_port_conflict)],
};

fn deployment_port_conflict(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    // Deployments with the same labels are behind the same services.
    let mut known: FxHashMap<(&str, String), Vec<Conflict>> = FxHashMap::default();
    for deployment in &mesh.objects.deployments {
        if deployment.broken || mesh.analysis_of(deployment.id).is_none() {
            continue;
        }
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
            continue;
        }
        let labels = &template.metadata.labels;
        let conflicts = known
            .entry((deployment.namespace(), selector_text(labels)))
            .or_insert_with(|| {
                let services: Vec<&Object<Service>> = analysis
                    .services_selecting(deployment.namespace(), labels)
                    .collect();
                conflicts(&services, mesh)
            });
        findings.extend(
            conflicts
                .iter()
                .map(|conflict| conflict.finding(deployment)),
        );
    }
}

/// What services behind one deployment disagree about.
struct Conflict {
    code: Code,
    text: String,
    help: &'static str,
    services: Vec<ObjectId>,
}

impl Conflict {
    fn finding(&self, deployment: &Object<Controller>) -> Finding {
        let message = format!("deployment {} {}", deployment.name(), self.text);
        let mut finding = Finding::new(self.code, deployment.id, "metadata/name", message);
        for service in self.services.iter().take(5) {
            finding = finding.related(*service, "spec/ports", "one of the services");
        }
        finding.help(self.help)
    }
}

fn conflicts(services: &[&Object<Service>], mesh: &Mesh) -> Vec<Conflict> {
    let mut all = protocols(services);
    all.extend(target_ports(services, mesh));
    all
}

fn protocols(services: &[&Object<Service>]) -> Vec<Conflict> {
    let mut by_port: BTreeMap<i64, BTreeSet<(&str, usize)>> = BTreeMap::new();
    for (number, service) in services.iter().enumerate() {
        for port in &service.spec.spec.ports {
            let protocol = match port.protocol.as_str() {
                "" => "TCP",
                protocol => protocol,
            };
            let users = by_port.entry(port.port).or_default();
            users.insert((protocol, number));
        }
    }
    by_port.retain(|_, users| {
        let first = users.first().map(|(protocol, _)| *protocol);
        first != users.last().map(|(protocol, _)| *protocol)
    });
    let mut found = Vec::new();
    for (port, users) in by_port {
        let users: Vec<(&str, &Object<Service>)> = users
            .into_iter()
            .filter_map(|(protocol, number)| Some((protocol, *services.get(number)?)))
            .collect();
        let shown = users.iter().map(|(protocol, service)| {
            format!(
                "{} ({protocol})",
                full_name(service.namespace(), service.name())
            )
        });
        found.push(Conflict {
            code: Code::IST0116,
            text: format!(
                "is behind services that use port {port} with different protocols: {}",
                list(shown)
            ),
            help: "give the services different ports, or one protocol",
            services: users.iter().map(|(_, service)| service.id).collect(),
        });
    }
    found
}

fn target_ports(services: &[&Object<Service>], mesh: &Mesh) -> Vec<Conflict> {
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
            let ports = by_target.entry(target).or_default();
            ports.insert(port.port, service);
        }
    }
    let fewest = if mesh.quirks.services_conflict_with_themselves {
        1
    } else {
        2
    };
    let mut found = Vec::new();
    for (target, ports) in by_target {
        let mut users: Vec<ObjectId> = ports.values().map(|service| service.id).collect();
        users.sort_unstable();
        users.dedup();
        if ports.len() < 2 || users.len() < fewest {
            continue;
        }
        let mut names: Vec<String> = ports
            .values()
            .map(|service| full_name(service.namespace(), service.name()))
            .collect();
        names.sort_unstable();
        found.push(Conflict {
            code: Code::IST0137,
            text: format!(
                "is behind the services {}, which lead different ports to target port {target}: {}",
                list(names),
                numbers(ports.keys())
            ),
            help: "use the same port in the services, or different target ports",
            services: users,
        });
    }
    found
}
