//! IST0126: networks of registries that nobody has introduced.

use std::collections::BTreeSet;

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Str;
use crate::rules::common::words::is_unresolved;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "unknown-mesh-network-registry",
    codes: &[Code::IST0126],
    runs: &[Run::Mesh(unknown_mesh_network_registry)],
};

fn unknown_mesh_network_registry(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let Some((object, networks)) = analysis.networks() else {
        return;
    };
    let mut known: BTreeSet<&str> = ["Mock", "Kubernetes", "External"].into();
    for secret in analysis.secrets() {
        if secret.metadata.labels.has("istio/multiCluster", "true") {
            known.extend(secret.spec.data.keys().map(Str::as_str));
            if !mesh.quirks.string_data_is_not_read {
                known.extend(secret.spec.string_data.keys().map(Str::as_str));
            }
        }
    }
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (network, content) in networks.networks.iter() {
        for registry in content
            .endpoints
            .iter()
            .filter_map(|e| e.from_registry.as_ref())
        {
            let is_open = is_unresolved(mesh, registry);
            if is_open || known.contains(registry.as_str()) || !seen.insert((network, registry)) {
                continue;
            }
            let message = format!(
                "network {network} holds the endpoints of registry {registry}, but no Secret of a \
                 remote cluster has this name"
            );
            findings.push(
                Finding::new(Code::IST0126, object, "", message)
                    .points_at("data/meshNetworks")
                    .help("correct the name, or add the Secret that istioctl create-remote-secret makes")
                    .given(evidence(mesh)),
            );
        }
    }
}

/// Only an input with such Secrets shows which there are.
fn evidence(mesh: &Mesh) -> Evidence {
    let mut secrets = mesh.objects.secrets.iter();
    let is_shown = mesh.settings.closed_world
        || secrets.any(|secret| secret.metadata.labels.contains_key("istio/multiCluster"));
    if is_shown {
        Evidence::Shown
    } else {
        Evidence::NotShown("the input holds no Secret of a remote cluster".to_owned())
    }
}
