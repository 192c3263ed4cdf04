//! MESH2001: clients are told to send what the server's proxy refuses.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Finding, Findings, Fix, Severity};
use crate::mesh::Mesh;
use crate::mesh::security::wire::{
    Caller, Mode, PeerDecision, Port, Reason, RuleDecision, Sent, Target, Verdict, Way, Wire,
};
use crate::model::networking::DestinationRule;
use crate::model::{Object, ObjectId};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "client-tls-against-strict",
    codes: &[Code::MESH2001],
    runs: &[Run::Mesh(client_tls_against_strict)],
};

/// What is known of a place in a DestinationRule that sets a mode.
struct Refused {
    decision: RuleDecision,
    sent: Sent,
    service: ObjectId,
    policy: Option<PeerDecision>,
    /// Whether all workloads behind some port refuse.
    by_all: bool,
}

fn client_tls_against_strict(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part || mesh.objects.destination_rules.is_empty() {
        return;
    }
    let wire = mesh.security.wire();
    let callers = wire.callers(|id| wire.proxy(id).is_envoy());
    let mut refused: BTreeMap<(ObjectId, String), Refused> = BTreeMap::new();
    for target in wire.targets() {
        let backends = &wire.backends(target).workloads;
        let is_known = |id| wire.is_proxy_settled(id);
        if target.is_external || backends.is_empty() || !backends.iter().all(|id| is_known(*id)) {
            continue;
        }
        for caller in callers.of(target) {
            if wire.group(&caller.client, target).is_none() || !has_others(wire, &caller, target) {
                continue;
            }
            for port in wire.ports(target) {
                let way = wire.way(&caller.client, target, port);
                judge(wire, &way, target, &port, false, &mut refused);
                for (_, way) in way.subsets() {
                    judge(wire, &way, target, &port, true, &mut refused);
                }
            }
        }
    }
    for refused in refused.into_values() {
        findings.extend(finding(mesh, &refused));
    }
}

/// Whether a class of clients has workloads that are not behind the Service themselves.
pub(in crate::rules) fn has_others(wire: &Wire, caller: &Caller<'_>, target: &Target) -> bool {
    let of_class = |id| {
        let own = wire.client(wire.client_of(id));
        own.is_some_and(|own| {
            own.proxy == caller.client.proxy
                && (caller.client.workloads.is_empty() || own.namespace == caller.client.namespace)
        })
    };
    let backends = &wire.backends(target).workloads;
    caller.count > backends.len()
        || caller.count > backends.iter().filter(|id| of_class(**id)).count()
}

/// Notes what the workloads behind a port refuse because of a DestinationRule.
fn judge(
    wire: &Wire,
    way: &Way<'_>,
    target: &Target,
    port: &Port<'_>,
    is_subset: bool,
    refused: &mut BTreeMap<(ObjectId, String), Refused>,
) {
    let mut found: Option<Refused> = None;
    let mut all = true;
    for (server, workloads) in wire.backends_alike(target, port) {
        let Some(first) = workloads.first() else {
            continue;
        };
        let sends = way.to(server, *first);
        let accepts = wire.accepts(server, wire.workload_port(port.declared, *first));
        let is_broken = wire.verdict(way, &sends, server, *first, port) == Verdict::Broken
            && accepts.mode() == Some(Mode::Strict);
        let decision = sends
            .by
            .filter(|by| is_told(sends.reason) && by.subset().is_some() == is_subset);
        let Some(decision) = decision.filter(|_| is_broken) else {
            all = false;
            continue;
        };
        found.get_or_insert(Refused {
            decision,
            sent: sends.sent,
            service: target.object,
            policy: accepts.by().cloned(),
            by_all: false,
        });
    }
    if let Some(mut found) = found {
        found.by_all = all;
        let key = (found.decision.rule, found.decision.path().to_string());
        let by_all = found.by_all;
        let known = refused.entry(key).or_insert(found);
        known.by_all |= by_all;
    }
}

fn is_told(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Rule(_) | Reason::CredentialName | Reason::LeftOver(_)
    )
}

fn finding(mesh: &Mesh, refused: &Refused) -> Option<Finding> {
    let decision = &refused.decision;
    let rules = &mesh.objects.destination_rules;
    let at = rules
        .binary_search_by_key(&decision.rule, |rule| rule.id)
        .ok()?;
    let rule = rules.get(at)?;
    if rule.broken || mesh.is_context(rule.id) || is_said_elsewhere(mesh, rule, refused) {
        return None;
    }
    let what = match refused.sent {
        Sent::Plaintext => "plain text",
        Sent::Tls => "TLS without a certificate of the mesh",
        Sent::Mutual => "TLS with a certificate of their own",
        Sent::Mtls => return None,
    };
    let service = mesh.objects.header(refused.service)?;
    let policy = refused.policy.as_ref();
    let by = policy.and_then(|by| mesh.objects.header(by.object));
    let by = by.map_or_else(
        || "its mode is STRICT".to_owned(),
        |own| format!("{} {}/{} is STRICT", own.kind, own.namespace, own.name),
    );
    let path = decision.path();
    let mut finding = Finding::new(Code::MESH2001, rule.id, path.clone(), "");
    let outcome = if !refused.by_all {
        finding.severity = Severity::Warning;
        "calls to some of its workloads are reset"
    } else if is_unused(mesh, rule, decision) {
        finding.severity = Severity::Warning;
        "every call of the subset would be reset, once a route leads there"
    } else {
        "every call is reset"
    };
    finding.message = format!(
        "clients are told to send {what} to {}, and {by}: {outcome}",
        service.name
    );
    let fix = Fix::hazardous("set mode ISTIO_MUTUAL").write(rule.id, path, "ISTIO_MUTUAL");
    finding = finding
        .help("set mode ISTIO_MUTUAL, or drop tls: automatic mutual TLS does it")
        .related(refused.service, "metadata/name", "the Service")
        .fix(fix);
    if let Some(by) = policy {
        finding = finding.related(by.object, by.path.clone(), "the mode of the server");
    }
    Some(finding)
}

/// Whether KIA0207 or KIA0208 report the rule: it switches mutual TLS off for a namespace or the
/// mesh, and a policy of the same scope demands it.
fn is_said_elsewhere(mesh: &Mesh, rule: &Object<DestinationRule>, refused: &Refused) -> bool {
    let is_wide_policy = refused.policy.as_ref().is_some_and(|by| {
        let policies = &mesh.objects.peer_authentications;
        let at = policies.binary_search_by_key(&by.object, |policy| policy.id);
        let policy = at.ok().and_then(|at| policies.get(at));
        policy.is_none_or(|policy| policy.spec.selector.is_none())
    });
    rule.spec.host.starts_with('*')
        && refused.sent == Sent::Plaintext
        && refused.decision.path() == super::MODE_PATH.into()
        && is_wide_policy
}

/// Whether no route leads to the subset whose settings these are.
fn is_unused(mesh: &Mesh, rule: &Object<DestinationRule>, decision: &RuleDecision) -> bool {
    let subset = decision.subset().and_then(|at| rule.spec.subsets.get(at));
    subset.is_some_and(|subset| mesh.routing.uses_of_subset(rule, &subset.name).is_empty())
}
