//! MESH0002, MESH0006: what came with a later version of Istio than the one asked for.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::istio_version::IstioVersion;
use crate::mesh::places::is_of_old_api;
use crate::model::security::{RequestAuthentication, TokenPresence};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "later-versions",
    codes: &[Code::MESH0002, Code::MESH0006],
    runs: &[
        Run::Mesh(api_versions),
        Run::RequestAuthentication(presence),
    ],
};

/// Kinds whose `v1` came with Istio 1.22 (its release notes); the others had it before, or lack it.
const V1_SINCE_1_22: [(&str, &str); 9] = [
    ("networking.istio.io", "DestinationRule"),
    ("networking.istio.io", "Gateway"),
    ("networking.istio.io", "ServiceEntry"),
    ("networking.istio.io", "Sidecar"),
    ("networking.istio.io", "VirtualService"),
    ("networking.istio.io", "WorkloadEntry"),
    ("networking.istio.io", "WorkloadGroup"),
    ("security.istio.io", "PeerAuthentication"),
    ("telemetry.istio.io", "Telemetry"),
];

/// Policies of the API that Istio 1.6 removed.
fn removed(mesh: &Mesh, findings: &mut Findings) {
    if mesh.quirks.run_time_plays_no_part {
        return;
    }
    let is_old = is_of_old_api(&mesh.objects);
    let policies = mesh
        .objects
        .policies
        .iter()
        .map(|policy| (policy.id, "Policy"));
    let of_mesh = mesh.objects.mesh_policies.iter();
    let of_mesh = of_mesh.map(|policy| (policy.id, "MeshPolicy"));
    for (id, kind) in policies.chain(of_mesh) {
        if mesh.objects.is_context(id) {
            continue;
        }
        let outcome = if is_old {
            "the mesh is read as one of that time"
        } else {
            "no Istio that can read the other objects reads it"
        };
        let message =
            format!("{kind} of authentication.istio.io was removed in Istio 1.6; {outcome}");
        findings.push(
            Finding::new(Code::MESH0006, id, "apiVersion", message)
                .help("use PeerAuthentication and RequestAuthentication of security.istio.io/v1"),
        );
    }
}

fn api_versions(mesh: &Mesh, findings: &mut Findings) {
    removed(mesh, findings);
    let installed = mesh.settings.istio_version;
    if installed >= IstioVersion::minor(22) {
        return;
    }
    for (index, header) in (0..).zip(mesh.objects.headers.iter()) {
        let Some((group, "v1")) = header.api_version.split_once('/') else {
            continue;
        };
        let kind = header.kind.as_str();
        if !V1_SINCE_1_22.contains(&(group, kind)) {
            continue;
        }
        let earlier = if kind == "Telemetry" {
            "v1alpha1"
        } else {
            "v1beta1"
        };
        let message = format!(
            "{kind} is served as {group}/v1 from Istio 1.22 on, and these manifests are for \
             {installed}"
        );
        findings.push(
            Finding::new(Code::MESH0006, ObjectId(index), "apiVersion", message)
                .help(format!("write {group}/{earlier}")),
        );
    }
}

fn presence(policy: &Object<RequestAuthentication>, mesh: &Mesh, findings: &mut Findings) {
    let installed = mesh.settings.istio_version;
    if installed >= IstioVersion::minor(31) {
        return;
    }
    let rules = policy.spec.jwt_rules.iter().enumerate();
    for (index, _) in rules.filter(|(_, rule)| rule.presence != TokenPresence::default()) {
        let message = format!(
            "the field presence came with Istio 1.31, and these manifests are for {installed}"
        );
        findings.push(
            Finding::new(
                Code::MESH0002,
                policy.id,
                path!["spec", "jwtRules", index, "presence"],
                message,
            )
            .help("require the token with an AuthorizationPolicy, which every version knows"),
        );
    }
}
