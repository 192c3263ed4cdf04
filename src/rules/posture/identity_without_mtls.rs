//! MESH2105: a policy goes by identities that callers need not have, or cannot.

use crate::answers::edges::name_of;
use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::security::authorization::{Fact, of_source};
use crate::mesh::security::wire::{Mode, PeerDecision, Proxy, Wire};
use crate::mesh::workloads::WorkloadId;
use crate::model::attachment::Attached;
use crate::model::security::{Action, AuthorizationPolicy, Rule};
use crate::model::{Labels, Object};
use crate::path;
use crate::rules::{Check, Run};

use super::knows_peer_authentications;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "identity-without-mtls",
    codes: &[Code::MESH2105],
    runs: &[Run::AuthorizationPolicy(identity_without_mtls)],
};

/// So many workloads of a policy are looked at: one without proof of identity is enough.
const LOOKED_AT: usize = 100;

/// A port at which the policy cannot go by identities.
struct Port {
    workload: WorkloadId,
    number: i64,
    mode: Mode,
    by: Option<PeerDecision>,
}

fn identity_without_mtls(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let action = policy.spec.action;
    let is_named = policy
        .spec
        .rules
        .iter()
        .any(|rule| identities(rule).next().is_some());
    if !matches!(action, Action::Allow | Action::Deny)
        || !is_named
        || policy.spec.targets().next().is_some()
    {
        return;
    }
    let wire = mesh.security.wire();
    for (index, rule) in policy.spec.rules.iter().enumerate() {
        if identities(rule).next().is_none() {
            continue;
        }
        let ports = ports(policy, rule, mesh, wire);
        let exposed = match action {
            Action::Deny => ports.iter().find(|port| port.mode != Mode::Strict),
            _ if ports.iter().all(|port| port.mode == Mode::Disable) => ports.first(),
            _ => None,
        };
        let Some(port) = exposed else { continue };
        for (at, field) in identities(rule) {
            let message = told(field, action, port, mesh);
            let namespace = mesh.workloads.get(port.workload).map(|own| own.namespace);
            let evidence = match &port.by {
                Some(_) => Evidence::Shown,
                None => knows_peer_authentications(mesh, namespace.unwrap_or_default()),
            };
            let path = path!["spec", "rules", index, "from", at, "source", field];
            let mut finding =
                Finding::new(Code::MESH2105, policy.id, path, message).help(help(action));
            if let Some(by) = &port.by {
                finding = finding.related(by.object, by.path.clone(), "decides what is accepted");
            }
            findings.push(finding.given(evidence));
        }
    }
}

fn told(field: &str, action: Action, port: &Port, mesh: &Mesh) -> String {
    let name = name_of(mesh, port.workload);
    let number = port.number;
    match action {
        Action::Deny => format!(
            "{field} is proven by mutual TLS alone, and port {number} of {name} accepts plain text: who calls without \
             an identity is not denied"
        ),
        _ => format!(
            "{field} is proven by mutual TLS alone, and mutual TLS is off at port {number} of {name}: this rule lets \
             nobody in"
        ),
    }
}

fn help(action: Action) -> &'static str {
    match action {
        Action::Deny => {
            "require mutual TLS with a PeerAuthentication of mode STRICT, or deny by notPrincipals or notNamespaces, \
             which hold for callers without identity"
        }
        _ => "turn mutual TLS on for these workloads",
    }
}

/// The fields of a rule that callers must prove an identity for, with the index of the source.
fn identities(rule: &Rule) -> impl Iterator<Item = (usize, &'static str)> {
    let sources = rule.from.iter().enumerate();
    sources
        .filter_map(|(at, from)| Some((at, from.source.as_ref()?)))
        .flat_map(|(at, source)| {
            let fields = of_source(source).into_iter();
            fields
                .filter(|field| !field.is_not)
                .filter_map(|field| match field.fact {
                    Fact::Principal => Some("principals"),
                    Fact::Namespace => Some("namespaces"),
                    Fact::ServiceAccount => Some("serviceAccounts"),
                    _ => None,
                })
                .map(move |name| (at, name))
                .collect::<Vec<_>>()
        })
}

/// The ports that a rule holds for: those of Services of the selected workloads, as far as the rule
/// does not name others.
fn ports(policy: &Object<AuthorizationPolicy>, rule: &Rule, mesh: &Mesh, wire: &Wire) -> Vec<Port> {
    let none = Labels::default();
    let labels = policy.spec.selected_labels().unwrap_or(&none);
    let home = mesh.places.namespace_of(policy.id);
    let is_root = mesh.places.control_plane_or_first(home).root_namespace == home;
    let selected = mesh
        .workloads
        .ids_matching((!is_root).then_some(home), labels);
    let mut ports = Vec::new();
    for id in selected.take(LOOKED_AT) {
        let is_proxied = matches!(wire.proxy(id), Proxy::Sidecar | Proxy::Ambient);
        let Some(workload) = mesh.workloads.get(id).filter(|_| is_proxied) else {
            continue;
        };
        if !wire.is_proxy_settled(id) {
            continue;
        }
        let services = mesh
            .registry
            .services_selecting(workload.namespace, &workload.labels);
        for port in services.flat_map(|service| &service.spec.spec.ports) {
            let number = wire.workload_port(port, id);
            if !concerns(rule, number) {
                continue;
            }
            let accepts = wire.accepts(wire.server_of(id), number);
            if let Some(mode) = accepts.mode() {
                ports.push(Port {
                    workload: id,
                    number,
                    mode,
                    by: accepts.by().cloned(),
                });
            }
        }
    }
    ports
}

/// Whether a rule can hold for calls to a port.
fn concerns(rule: &Rule, port: i64) -> bool {
    rule.to.is_empty()
        || rule.to.iter().any(|to| {
            to.operation.as_ref().is_none_or(|operation| {
                let fits = |text: &crate::model::Str| text.parse() == Ok(port);
                (operation.ports.is_empty() || operation.ports.iter().any(fits))
                    && !operation.not_ports.iter().any(fits)
            })
        })
}
