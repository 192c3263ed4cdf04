//! IST0106, IST0133: what Istio's admission webhook says of each kind. One file per kind; what
//! several kinds share stands beside them: `common` (annotations, selectors, target references),
//! `labels`, `domains`, `ports`, `headers`, `server_tls`, `traffic_policy`, `export_to`, and for
//! single texts `text`, `url`, `re2`, `string_match`.
//!
//! The texts are upstream's, since they are what users search for; help says more. Types and
//! schemas are checked before, where objects are decoded.

mod authorization_policy;
mod cel;
pub(crate) mod common;
mod conditions;
mod destination_rule;
mod domains;
mod envoy_filter;
mod export_to;
mod gateway;
mod headers;
pub(crate) mod issues;
mod jwks;
mod labels;
pub(crate) mod mesh_config;
mod peer_authentication;
mod ports;
mod proxy_config;
mod re2;
mod request_authentication;
mod server_tls;
mod service_entry;
mod sidecar;
mod string_match;
mod tcp_denial;
mod telemetry;
pub(crate) mod text;
pub(crate) mod traffic_policy;
pub(crate) mod url;
mod value_lists;
mod values;
mod virtual_service;
mod wasm;
mod workload;

use crate::diagnostics::{Code, Findings};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::rules::{Check, Run};

use issues::Issues;

/// The check.
const CHECK: Check = Check {
    name: "validation",
    codes: &[Code::IST0106, Code::IST0133],
    runs: &[
        Run::Gateway(gateway::check),
        Run::VirtualService(virtual_service::check),
        Run::DestinationRule(destination_rule::check),
        Run::ServiceEntry(service_entry::check),
        Run::Sidecar(sidecar::check),
        Run::WorkloadEntry(workload::check_entry),
        Run::WorkloadGroup(workload::check_group),
        Run::Mesh(envoy_filter::check),
        Run::ProxyConfig(proxy_config::check),
        Run::AuthorizationPolicy(authorization_policy::check),
        Run::PeerAuthentication(peer_authentication::check),
        Run::RequestAuthentication(request_authentication::check),
        Run::Telemetry(telemetry::check),
        Run::WasmPlugin(wasm::check_plugin),
        Run::TrafficExtension(wasm::check_extension),
        Run::ConfigMap(mesh_config::config_map),
        Run::IstioOperator(mesh_config::operator),
        Run::Istio(mesh_config::operator),
    ],
};

/// The checks.
pub(super) const CHECKS: &[Check] = &[CHECK];

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
    if is_validated(object, mesh) {
        let mut issues = Issues::new(mesh.quirks);
        check(&mut issues);
        issues.report(object.id, findings);
    }
}

/// Whether the object is validated at all.
pub(crate) fn is_validated<T>(object: &Object<T>, mesh: &Mesh) -> bool {
    let is_cluster_namespace = matches!(
        object.namespace(),
        "kube-system" | "kube-public" | "kube-node-lease" | "local-path-storage"
    );
    !(is_cluster_namespace && mesh.quirks.cluster_namespaces_are_not_validated)
}
