//! KIA1007: an outbound traffic policy that does not say its mode.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{OutboundMode, Sidecar};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "sidecar-outbound-mode-missing",
    codes: &[Code::KIA1007],
    runs: &[Run::Sidecar(sidecar_outbound_mode_missing)],
};

fn sidecar_outbound_mode_missing(sidecar: &Object<Sidecar>, mesh: &Mesh, findings: &mut Findings) {
    let Some(policy) = &sidecar.spec.outbound_traffic_policy else {
        return;
    };
    let home = mesh.places.namespace_of(sidecar.id);
    let is_ambiguous = match policy.mode {
        None => true,
        Some(mode) => mode == OutboundMode::RegistryOnly && mesh.quirks.registry_only_is_ambiguous,
    };
    if is_ambiguous && !mesh.places.is_passed_over(home) {
        let message = match policy.mode {
            None => {
                "outboundTrafficPolicy has no mode, which means REGISTRY_ONLY: traffic to hosts that the \
                     registry lacks is dropped"
            }
            Some(_) => {
                "the mode REGISTRY_ONLY cannot be told from an absent one where Istio serves the object"
            }
        };
        findings.push(
            Finding::new(
                Code::KIA1007,
                sidecar.id,
                "spec/outboundTrafficPolicy",
                message,
            )
            .help("write what is meant: `mode: REGISTRY_ONLY` or `mode: ALLOW_ANY`"),
        );
    }
}
