//! MESH4007: a policy for a kind of object that it cannot be attached to.

use super::every_policy;
use crate::diagnostics::{Code, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::routing::gateway_api::{Policy, Target};
use crate::model::Kind;
use crate::model::gateway_api::GROUP;
use crate::rules::Check;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "policy-target-kind",
    codes: &[Code::MESH4007],
    runs: every_policy!(policy_target_kind),
};

/// The group of experimental kinds of the Gateway API, such as `XListenerSet`.
const EXPERIMENTAL: &str = "gateway.networking.x-k8s.io";

fn policy_target_kind(policy: &Policy<'_>, target: &Target<'_>, _: &Mesh, findings: &mut Findings) {
    if policy.kind == Kind::BackendTlsPolicy {
        findings.extend(backend_tls(policy, target));
        return;
    }
    let taken = kinds_of(policy.kind);
    if !taken.contains(&target.kind) {
        let message = format!(
            "{} takes {} alone, not {}",
            policy.kind.name(),
            plural(taken),
            target.kind
        );
        findings
            .push(finding(policy, target, "kind", message).help(help(policy.kind, target.kind)));
    } else if target.group != GROUP && target.group != EXPERIMENTAL {
        let group = match target.group {
            "" => "the core group",
            group => group,
        };
        let message = format!(
            "{} takes a {} of group {GROUP}, not of {group}",
            policy.kind.name(),
            target.kind
        );
        let fix = Fix::safe(format!("write {GROUP}"));
        let path = target.path.field("group");
        findings.push(
            finding(policy, target, "group", message)
                .help(format!("write `group: {GROUP}`"))
                .fix(fix.write(policy.id, path, GROUP)),
        );
    }
}

/// The kinds that some version of Envoy Gateway takes.
fn kinds_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ClientTrafficPolicy => &["Gateway", "ListenerSet", "XListenerSet"],
        Kind::EnvoyPatchPolicy => &["Gateway", "GatewayClass"],
        Kind::SecurityPolicy => &[
            "Gateway",
            "ListenerSet",
            "XListenerSet",
            "HTTPRoute",
            "GRPCRoute",
            "TCPRoute",
        ],
        _ => &[
            "Gateway",
            "ListenerSet",
            "XListenerSet",
            "HTTPRoute",
            "GRPCRoute",
            "TLSRoute",
            "TCPRoute",
            "UDPRoute",
        ],
    }
}

/// BackendTLSPolicy takes Services, Istio's also ServiceEntries; other groups are those of other
/// implementations.
fn backend_tls(policy: &Policy<'_>, target: &Target<'_>) -> Option<Finding> {
    let is_wrong = match target.group {
        "" => target.kind != "Service",
        "networking.istio.io" => target.kind != "ServiceEntry",
        group => group == GROUP,
    };
    if !is_wrong {
        return None;
    }
    if matches!(target.kind, "Service") {
        let message = format!(
            "BackendTLSPolicy takes a Service of the core group, not of {}",
            target.group
        );
        let help = "write `group: \"\"`";
        return Some(finding(policy, target, "group", message).help(help));
    }
    let message = format!("BackendTLSPolicy takes Services alone, not {}", target.kind);
    let help = "target the Service that the route leads to";
    Some(finding(policy, target, "kind", message).help(help))
}

fn finding(policy: &Policy<'_>, target: &Target<'_>, field: &str, message: String) -> Finding {
    let outcome = "the API server refuses it, or it acts nowhere";
    let message = format!("{message}: {outcome}");
    Finding::new(Code::MESH4007, policy.id, target.path.field(field), message)
}

/// `Gateways and GatewayClasses`; experimental kinds are not told.
fn plural(kinds: &[&str]) -> String {
    let told = kinds.iter().filter(|kind| !kind.ends_with("ListenerSet"));
    let names: Vec<String> = told
        .map(|kind| match *kind {
            "GatewayClass" => "GatewayClasses".to_owned(),
            kind => format!("{kind}s"),
        })
        .collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn help(policy: Kind, kind: &str) -> String {
    let is_route = kind.ends_with("Route");
    match policy {
        Kind::ClientTrafficPolicy if is_route => {
            "target the Gateway (with sectionName for one listener), or use a BackendTrafficPolicy"
        }
        Kind::EnvoyPatchPolicy => "target the Gateway",
        _ if kind == "Service" => "target the route that leads to the Service",
        _ => "target the Gateway or a route",
    }
    .to_owned()
}
