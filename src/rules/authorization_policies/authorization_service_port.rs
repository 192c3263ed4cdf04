//! MESH2012: ports of Services in rules that count ports of workloads, and the other way round.

use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::security::{PolicyGroup, Target};
use crate::model::security::AuthorizationPolicy;
use crate::model::{Object, Str};
use crate::path;
use crate::rules::common::acting::judged;
use crate::rules::common::workload_ports::{PortFacts, ServedPort};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "authorization-service-port",
    codes: &[Code::MESH2012],
    runs: &[Run::Mesh(authorization_service_port)],
};

fn authorization_service_port(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    for group in mesh.security.authorization_policies().groups() {
        let policies: Vec<(&Object<AuthorizationPolicy>, Vec<Named>)> =
            judged(group, &mesh.objects.authorization_policies, mesh)
                .map(|policy| (policy, named_ports(&policy.spec)))
                .filter(|(_, ports)| !ports.is_empty())
                .collect();
        if policies.is_empty() {
            continue;
        }
        let facts = facts(mesh, group);
        for (policy, ports) in policies {
            for named in ports {
                findings.extend(judge(group, policy, named, &facts));
            }
        }
    }
}

/// The ports behind a group: of its workloads, or of the Service that it names.
fn facts(mesh: &Mesh, group: &PolicyGroup) -> PortFacts {
    let mut facts = PortFacts::default();
    for id in &group.workloads {
        facts.add(mesh, *id);
    }
    for target in &group.targets {
        if let Target::Service(name) = target {
            let place = mesh.places.name(group.namespace);
            if let Some(service) = mesh.named(place, name).services() {
                facts.add_service(mesh, service);
            }
        }
    }
    facts
}

/// A port that a rule names.
struct Named {
    number: i64,
    path: FieldPath,
}

/// The ports that rules name, in operations and conditions. Those with placeholders are no numbers.
fn named_ports(policy: &AuthorizationPolicy) -> Vec<Named> {
    let mut ports = Vec::new();
    let mut add = |values: &[Str], place: &FieldPath| {
        for (k, value) in values.iter().enumerate() {
            if let Ok(number) = value.parse() {
                let path = place.item(k);
                ports.push(Named { number, path });
            }
        }
    };
    for (i, rule) in policy.rules.iter().enumerate() {
        for (j, to) in rule.to.iter().enumerate() {
            let Some(operation) = &to.operation else {
                continue;
            };
            let place = path!["spec", "rules", i, "to", j, "operation"];
            add(&operation.ports, &place.field("ports"));
            add(&operation.not_ports, &place.field("notPorts"));
        }
        for (j, when) in rule.when.iter().enumerate() {
            if when.key == "destination.port" {
                let place = path!["spec", "rules", i, "when", j];
                add(&when.values, &place.field("values"));
                add(&when.not_values, &place.field("notValues"));
            }
        }
    }
    ports
}

fn judge(
    group: &PolicyGroup,
    policy: &Object<AuthorizationPolicy>,
    named: Named,
    facts: &PortFacts,
) -> Option<Finding> {
    let Named { number, path } = named;
    let (message, instead, served) = if group.targets.is_empty() {
        let served = facts.misread(number)?;
        let message = format!(
            "port {number} is a port of Service {}, whose pods listen at {}: ports of rules are \
             ports of the workload, so this one never matches",
            served.service_name, served.target
        );
        (message, served.target, served)
    } else {
        let served = facts.misread_at_waypoint(number)?;
        let message = format!(
            "port {number} is where pods of Service {} listen, its own port is {}: at a waypoint \
             ports of rules are those of the Service, so this one never matches",
            served.service_name, served.port
        );
        (message, served.port, served)
    };
    Some(finding(policy, path, message, instead, served))
}

fn finding(
    policy: &Object<AuthorizationPolicy>,
    path: FieldPath,
    message: String,
    instead: i64,
    served: &ServedPort,
) -> Finding {
    let fix = Fix::hazardous(format!("write \"{instead}\""));
    let fix = fix.write(policy.id, path.clone(), instead.to_string());
    Finding::new(Code::MESH2012, policy.id, path, message)
        .help(format!("write \"{instead}\""))
        .related(
            served.service,
            served.path.clone(),
            "the port of the Service",
        )
        .fix(fix)
}
