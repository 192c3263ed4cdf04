//! MESH1012: settings of a DestinationRule that the settings of one port take the place of.

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{ClientTlsMode, DestinationRule, PortTrafficPolicy, TrafficPolicy};
use crate::path;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "port-level-settings-replace",
    codes: &[Code::MESH1012],
    runs: &[Run::DestinationRule(port_level_settings_replace)],
};

fn port_level_settings_replace(
    rule: &Object<DestinationRule>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let of_rule = rule.spec.traffic_policy.as_deref();
    let top = path!["spec", "trafficPolicy"];
    if let Some(policy) = of_rule {
        look_at(rule, mesh, (&top, policy), (&top, policy), findings);
    }
    for (at, subset) in rule.spec.subsets.iter().enumerate() {
        let Some(policy) = subset.traffic_policy.as_deref() else {
            continue;
        };
        let path = path!["spec", "subsets", at, "trafficPolicy"];
        let inherited = of_rule.map_or((&path, policy), |of_rule| (&top, of_rule));
        look_at(rule, mesh, (&path, policy), inherited, findings);
    }
}

/// A policy and where it stands.
type Policy<'m> = (&'m FieldPath, &'m TrafficPolicy);

/// Looks at the ports of a policy. A subset has what it lacks from the rule, `inherited`.
fn look_at(
    rule: &Object<DestinationRule>,
    mesh: &Mesh,
    own: Policy<'_>,
    inherited: Policy<'_>,
    findings: &mut Findings,
) {
    for (at, entry) in own.1.port_level_settings.iter().enumerate() {
        let number = entry.port.map_or(0, |port| port.number);
        if number == 0 || !may_have_port(rule, mesh, number) {
            continue;
        }
        for block in BLOCKS {
            if (block.is_in_port)(entry) {
                continue;
            }
            let in_force = [own, inherited]
                .into_iter()
                .find(|(_, policy)| (block.is_in)(policy));
            let Some((place, policy)) = in_force else {
                continue;
            };
            let path = own.0.field("portLevelSettings").item(at);
            let name = block.name;
            let message = format!(
                "{name} has no effect on port {number} of {}: the settings of the port replace all \
                 settings of the rule there{}",
                rule.spec.host,
                (block.consequence)(policy)
            );
            let finding = Finding::new(Code::MESH1012, rule.id, path, message)
                .help(format!(
                    "repeat {name} in portLevelSettings for port {number}"
                ))
                .related(
                    rule.id,
                    place.field(block.field),
                    "does not hold for the port",
                );
            findings.push(if block.field == "tls" && speaks_tls(policy) {
                finding.severity(Severity::Warning)
            } else {
                finding
            });
        }
    }
}

/// A block that a policy and the settings of a port can both have.
struct Block {
    /// The name in messages.
    name: &'static str,
    /// The field that holds it.
    field: &'static str,
    is_in: fn(&TrafficPolicy) -> bool,
    is_in_port: fn(&PortTrafficPolicy) -> bool,
    /// What comes of it, where that is no mere default.
    consequence: fn(&TrafficPolicy) -> &'static str,
}

/// The blocks whose loss matters. A simple load balancer that is lost is another one.
const BLOCKS: [Block; 4] = [
    Block {
        name: "outlierDetection",
        field: "outlierDetection",
        is_in: |policy| policy.outlier_detection.is_some(),
        is_in_port: |port| port.outlier_detection.is_some(),
        consequence: |_| "",
    },
    Block {
        name: "connectionPool",
        field: "connectionPool",
        is_in: |policy| policy.connection_pool.is_some(),
        is_in_port: |port| port.connection_pool.is_some(),
        consequence: |_| "",
    },
    Block {
        name: "tls",
        field: "tls",
        is_in: |policy| policy.tls.is_some(),
        is_in_port: |port| port.tls.is_some(),
        consequence: |policy| {
            if speaks_tls(policy) {
                ", so that clients speak plain text unless automatic mutual TLS applies"
            } else {
                ""
            }
        },
    },
    Block {
        name: "loadBalancer.consistentHash",
        field: "loadBalancer",
        is_in: |policy| {
            let settings = policy.load_balancer.as_ref();
            settings.is_some_and(|settings| settings.consistent_hash.is_some())
        },
        is_in_port: |port| port.load_balancer.is_some(),
        consequence: |_| "",
    },
];

fn speaks_tls(policy: &TrafficPolicy) -> bool {
    let tls = policy.tls.as_ref();
    tls.is_some_and(|tls| tls.mode != ClientTlsMode::Disable)
}

/// Whether the host may have the port: it does, or the input does not show the host.
fn may_have_port(rule: &Object<DestinationRule>, mesh: &Mesh, number: u32) -> bool {
    let host = mesh.routing.host_of(rule);
    let service = mesh.registry.service(&host);
    let entries = mesh.routing.service_entries_for(&host, rule.id);
    if host.is_wildcard() || service.is_none() && entries.is_empty() {
        return true;
    }
    let is_number = |port: i64| port == i64::from(number);
    service.is_some_and(|service| {
        let mut ports = service.spec.spec.ports.iter();
        ports.any(|port| is_number(port.port))
    }) || entries.iter().any(|entry| {
        let mut ports = entry.spec.ports.iter();
        ports.any(|port| port.number == number)
    })
}
