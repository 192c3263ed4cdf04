//! IST0106, IST0133: what Istio's admission webhook says of each kind. One file per kind; what
//! several kinds share stands in `common`, `text`, `url` and `traffic_policy`.
//!
//! The texts are upstream's, since they are what users search for; help says more. Types and
//! schemas are checked before, where objects are decoded.

mod authorization_policy;
mod cel;
pub(crate) mod common;
mod conditions;
pub(crate) mod issues;
mod jwks;
mod peer_authentication;
mod request_authentication;
mod telemetry;
pub(crate) mod text;
pub(crate) mod traffic_policy;
pub(crate) mod url;
mod value_lists;
mod wasm;

use crate::diagnostics::{Code, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::rules::{Check, Run};

use issues::Issues;

const CODES: &[Code] = &[Code::IST0106, Code::IST0133];

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "validate-authorization-policy",
        codes: CODES,
        run: Run::AuthorizationPolicy(authorization_policy::check),
    },
    Check {
        name: "validate-peer-authentication",
        codes: CODES,
        run: Run::PeerAuthentication(peer_authentication::check),
    },
    Check {
        name: "validate-request-authentication",
        codes: CODES,
        run: Run::RequestAuthentication(request_authentication::check),
    },
    Check {
        name: "validate-telemetry",
        codes: CODES,
        run: Run::Telemetry(telemetry::check),
    },
    Check {
        name: "validate-wasm-plugin",
        codes: CODES,
        run: Run::WasmPlugin(wasm::check_plugin),
    },
    Check {
        name: "validate-traffic-extension",
        codes: CODES,
        run: Run::TrafficExtension(wasm::check_extension),
    },
];

/// Validates an object of a kind that knows no dry run: its annotations and, if they are fine,
/// its spec.
pub(crate) fn validate<T>(
    object: &Object<T>,
    mesh: &Mesh,
    findings: &mut Findings,
    spec: impl FnOnce(&T, &mut Issues),
) {
    validate_with(object, mesh, findings, |issues| {
        common::annotations(&object.metadata, issues);
        if issues.is_empty() {
            spec(&object.spec, issues);
        }
    });
}

/// Runs `check` on an object unless it is one that is not validated at all, and reports.
pub(crate) fn validate_with<T>(
    object: &Object<T>,
    mesh: &Mesh,
    findings: &mut Findings,
    check: impl FnOnce(&mut Issues),
) {
    let is_cluster_namespace = matches!(
        object.namespace(),
        "kube-system" | "kube-public" | "kube-node-lease" | "local-path-storage"
    );
    if is_cluster_namespace && mesh.quirks.cluster_namespaces_are_not_validated {
        return;
    }
    let mut issues = Issues::default();
    check(&mut issues);
    issues.report(object.id, findings);
}
