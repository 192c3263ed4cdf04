//! MESH2007: rules on tokens where no RequestAuthentication reads any.

use super::tokens::needs_of_token;
use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::security::PolicyGroup;
use crate::mesh::security::wire::Proxy;
use crate::mesh::{Mesh, NamespaceId};
use crate::model::Object;
use crate::model::attachment::Attached;
use crate::model::networking::EnvoyFilter;
use crate::model::security::{Action, AuthorizationPolicy, RequestAuthentication};
use crate::rules::common::acting::{acting_with, judged, subject};
use crate::rules::common::words;
use crate::rules::{Check, Run};
use crate::yaml::FieldPath;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "request-principals-without-authentication",
    codes: &[Code::MESH2007],
    runs: &[Run::Mesh(request_principals_without_authentication)],
};

fn request_principals_without_authentication(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let authentications = mesh.security.request_authentications();
    for group in mesh.security.authorization_policies().groups() {
        let policies: Vec<(&Object<AuthorizationPolicy>, Vec<FieldPath>)> =
            judged(group, &mesh.objects.authorization_policies, mesh)
                .map(|policy| (policy, needs_of_token(&policy.spec)))
                .filter(|(_, needs)| !needs.is_empty())
                .collect();
        if policies.is_empty()
            || !is_enforced(mesh, group)
            || !acting_with(mesh, group, authentications).is_empty()
            || brings_tokens(mesh, group)
        {
            continue;
        }
        for (policy, needs) in policies {
            for place in needs {
                findings.push(finding(mesh, group, policy, place));
            }
        }
    }
}

/// Whether a proxy that knows tokens enforces the policies of a group, or may do so. ztunnel knows
/// none, which other checks say.
fn is_enforced(mesh: &Mesh, group: &PolicyGroup) -> bool {
    let wire = mesh.security.wire();
    let mut workloads = group.workloads.iter();
    let by_proxy = |id| match wire.proxy(id) {
        Proxy::Sidecar | Proxy::Gateway | Proxy::Waypoint => true,
        Proxy::Ambient => false,
        Proxy::None => mesh.routing.is_at_edge(id) || !wire.is_proxy_settled(id),
    };
    workloads.any(|id| by_proxy(*id)) || super::has_known_target(mesh, group)
}

/// Whether an EnvoyFilter may do what a RequestAuthentication does.
fn brings_tokens(mesh: &Mesh, group: &PolicyGroup) -> bool {
    let home = group.namespace;
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    let reads = |filter: &Object<EnvoyFilter>| {
        let mut patches = filter.spec.config_patches.iter();
        patches.any(|patch| {
            let value = patch.patch.as_ref().and_then(|patch| patch.value.as_ref());
            value.is_some_and(|value| value.to_string().contains("jwt"))
        })
    };
    let of = |place: NamespaceId| mesh.of(place).envoy_filters().any(reads);
    of(home) || of(root)
}

fn finding(
    mesh: &Mesh,
    group: &PolicyGroup,
    policy: &Object<AuthorizationPolicy>,
    place: FieldPath,
) -> Finding {
    let what = subject(mesh, group);
    let outcome = if policy.spec.action == Action::Deny {
        "the rule denies every request"
    } else {
        "the rule never matches, with a valid token neither"
    };
    let message = format!(
        "no RequestAuthentication acts on {what}, so no request has a token's identity: {outcome}"
    );
    let near = near_miss(mesh, group.namespace);
    let help = match near {
        Some(near) => misses(group, near),
        None => format!("add a RequestAuthentication for {what}"),
    };
    let finding = Finding::new(Code::MESH2007, policy.id, place, message).help(help);
    let finding = match near {
        Some(near) => {
            let at = if near.spec.is_selectorless() {
                "metadata/namespace".into()
            } else {
                RequestAuthentication::labels_path()
            };
            finding.related(near.id, at, "it acts on other workloads")
        }
        // The one that is missing may be kept elsewhere.
        None => finding.severity(Severity::Warning),
    };
    match mesh.evidence.installs_unseen(Some(policy.namespace())) {
        Some(evidence) => finding.given(evidence),
        None => finding,
    }
}

/// A RequestAuthentication that was probably meant: of the namespace, of the root namespace, of
/// any other.
fn near_miss(mesh: &Mesh, home: NamespaceId) -> Option<&Object<RequestAuthentication>> {
    let root = mesh.places.control_plane_or_first(home).root_namespace;
    let own = mesh.of(home).request_authentications().next();
    own.or_else(|| mesh.of(root).request_authentications().next())
        .or_else(|| mesh.objects.request_authentications.first())
}

/// Why the near miss does not act there.
fn misses(group: &PolicyGroup, near: &Object<RequestAuthentication>) -> String {
    let name = near.name();
    if let Some(labels) = near.spec.selected_labels() {
        let own = if group.labels.is_empty() {
            "all workloads".to_owned()
        } else {
            words::labels(&group.labels)
        };
        return format!(
            "RequestAuthentication {name} selects {}, the policy {own}: make the selectors agree",
            words::labels(labels)
        );
    }
    if near.spec.targets().next().is_some() {
        return format!("RequestAuthentication {name} names other targets: make the two agree");
    }
    format!(
        "RequestAuthentication {name} is of namespace {}: move it to the policy's namespace",
        near.namespace()
    )
}
