//! MESH2002: ALLOW rules on HTTP that allow nothing at a TCP port.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::registry::Protocol;
use crate::mesh::security::PolicyGroup;
use crate::mesh::security::wire::Proxy;
use crate::mesh::{Mesh, Workload, WorkloadId};
use crate::model::security::{Action, AuthorizationPolicy, Operation, Rule};
use crate::model::{Object, ObjectId, Str};
use crate::path;
use crate::rules::common::acting::{judged, members};
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "allow-http-fields-on-tcp",
    codes: &[Code::MESH2002],
    runs: &[Run::Mesh(allow_http_fields_on_tcp)],
};

/// How many policies of a group that name ports are held against each workload.
const POLICIES: usize = 64;

fn allow_http_fields_on_tcp(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let policies = mesh.security.authorization_policies();
    let objects = &mesh.objects.authorization_policies;
    let is_allow = |policy: &&Object<AuthorizationPolicy>| policy.spec.action == Action::Allow;
    // Groups with an ALLOW rule that holds on TCP as well: nobody else's rules matter there.
    let knows_tcp: Vec<bool> = policies
        .groups()
        .iter()
        .map(|group| {
            let mut rules = members(group, objects)
                .filter(is_allow)
                .flat_map(|policy| &policy.spec.rules);
            rules.any(|rule| first_http_field(0, rule).is_none())
        })
        .collect();
    let knows = |group: &PolicyGroup| knows_tcp.get(group.id as usize) == Some(&true);
    let mut ports: FxHashMap<WorkloadId, Ports> = FxHashMap::default();
    for group in policies.groups() {
        let mut open: Vec<&Object<AuthorizationPolicy>> = judged(group, objects, mesh)
            .filter(is_allow)
            .filter(|policy| !policy.spec.rules.is_empty())
            .collect();
        if open.is_empty() || knows(group) {
            continue;
        }
        for id in &group.workloads {
            if open.is_empty() {
                break;
            }
            if mesh.security.wire().proxy(*id) != Proxy::Sidecar
                || mesh.routing.is_at_edge(*id)
                || policies.of_workload(*id).any(knows)
            {
                continue;
            }
            let Some(workload) = mesh.workloads.get(*id) else {
                continue;
            };
            let ports = ports
                .entry(*id)
                .or_insert_with(|| Ports::new(mesh, *id, workload));
            if ports.tcp.is_empty() {
                continue;
            }
            let mut told = FxHashSet::default();
            for policy in open.iter().take(POLICIES) {
                if let Some(finding) = judge(policy, workload, ports) {
                    told.insert(policy.id);
                    findings.push(finding);
                }
            }
            open.retain(|policy| !told.contains(&policy.id));
        }
    }
}

/// The ports of a workload that Services lead to.
struct Ports {
    tcp: Vec<TcpPort>,
    /// Whether all of them are TCP.
    is_all: bool,
}

struct TcpPort {
    number: i64,
    name: Str,
    service: ObjectId,
    path: FieldPath,
}

impl Ports {
    fn new(mesh: &Mesh, id: WorkloadId, workload: &Workload) -> Self {
        let wire = mesh.security.wire();
        let mut ports = Self {
            tcp: Vec::new(),
            is_all: true,
        };
        let services = mesh
            .registry
            .services_selecting(workload.namespace, &workload.labels);
        for service in services {
            for (i, port) in service.spec.spec.ports.iter().enumerate() {
                match Protocol::of_service_port(port) {
                    Protocol::Tcp | Protocol::Tls => {}
                    Protocol::Udp => continue,
                    Protocol::Http | Protocol::Sniffed => {
                        ports.is_all = false;
                        continue;
                    }
                }
                let said = port.app_protocol.as_ref().unwrap_or(&port.name);
                ports.tcp.push(TcpPort {
                    number: wire.workload_port(port, id),
                    name: said.clone(),
                    service: service.id,
                    path: path!["spec", "ports", i],
                });
            }
        }
        ports
    }
}

/// The finding for a policy whose rules are all dropped at a TCP port of the workload.
fn judge(
    policy: &Object<AuthorizationPolicy>,
    workload: &Workload,
    ports: &Ports,
) -> Option<Finding> {
    let rules = policy.spec.rules.iter().enumerate();
    let mut rules = rules.filter_map(|(i, rule)| Some((rule, first_http_field(i, rule)?)));
    let (port, (path, field)) = rules.find_map(|(rule, place)| {
        let port = ports.tcp.iter().find(|port| reaches(rule, port.number))?;
        Some((port, place))
    })?;
    let message = format!(
        "{field} never matches on port {} of {}, which is TCP ({}): rules on HTTP are dropped there, \
         none is left, and every connection is refused",
        port.number, workload.name, port.name
    );
    let finding = Finding::new(Code::MESH2002, policy.id, path, message)
        .help(format!(
            "allow port \"{}\" by principals or namespaces, without fields of HTTP",
            port.number
        ))
        .related(port.service, port.path.clone(), "the TCP port");
    Some(if ports.is_all {
        finding
    } else {
        finding.severity(Severity::Warning)
    })
}

/// Whether a rule may be meant for a port: some operation names it, or no ports at all.
fn reaches(rule: &Rule, number: i64) -> bool {
    let number = number.to_string();
    let names = |operation: &Operation| {
        let is_named =
            operation.ports.is_empty() || operation.ports.iter().any(|own| *own == number);
        is_named && !operation.not_ports.iter().any(|own| *own == number)
    };
    let mut operations = rule.to.iter().filter_map(|to| to.operation.as_ref());
    rule.to.is_empty() || operations.any(names)
}

/// The first field of a rule that only HTTP can fulfil, with its name. One such field anywhere in
/// the rule makes istiod drop all of it for TCP.
fn first_http_field(i: usize, rule: &Rule) -> Option<(FieldPath, &'static str)> {
    let operations = rule.to.iter().enumerate().find_map(|(j, to)| {
        let operation = to.operation.as_ref()?;
        let fields = [
            ("methods", &operation.methods),
            ("notMethods", &operation.not_methods),
            ("paths", &operation.paths),
            ("notPaths", &operation.not_paths),
            ("hosts", &operation.hosts),
            ("notHosts", &operation.not_hosts),
        ];
        let (field, _) = fields.into_iter().find(|(_, list)| !list.is_empty())?;
        let place = path!["spec", "rules", i, "to", j, "operation", field];
        Some((place, field))
    });
    let sources = || {
        rule.from.iter().enumerate().find_map(|(j, from)| {
            let source = from.source.as_ref()?;
            let fields = [
                ("requestPrincipals", &source.request_principals),
                ("notRequestPrincipals", &source.not_request_principals),
            ];
            let (field, _) = fields.into_iter().find(|(_, list)| !list.is_empty())?;
            let place = path!["spec", "rules", i, "from", j, "source", field];
            Some((place, field))
        })
    };
    let conditions = || {
        let mut conditions = rule.when.iter().enumerate();
        let (j, _) = conditions.find(|(_, when)| when.key.starts_with("request."))?;
        Some((path!["spec", "rules", i, "when", j, "key"], "the condition"))
    };
    operations.or_else(sources).or_else(conditions)
}
