//! How bad an unknown host is: what proxies do with traffic to hosts that they do not know.

use super::words::is_unresolved;
use crate::diagnostics::Severity;
use crate::mesh::{External, Host, Mesh, NamespaceId};
use crate::model::mesh_config::OutboundMode;
use crate::model::operators::Makes;

/// Whether proxies that the control plane of `namespace` serves pass traffic to unknown hosts
/// (`outboundTrafficPolicy`).
pub(crate) fn allows_any(mesh: &Mesh, namespace: NamespaceId) -> bool {
    mesh.places
        .control_plane_or_first(namespace)
        .config
        .outbound_traffic_policy
        .mode
        == OutboundMode::AllowAny
}

/// The severity of an unknown host: an error where traffic to it is refused.
pub(crate) fn severity_of_unknown_host(mesh: &Mesh, namespace: NamespaceId) -> Severity {
    if allows_any(mesh, namespace) {
        Severity::Warning
    } else {
        Severity::Error
    }
}

/// Whether a host may exist although the input does not hold it: the user says so, or its name or
/// one that it may be has a placeholder.
pub(crate) fn may_exist(mesh: &Mesh, host: &Host<'_>) -> bool {
    let name = host.to_string();
    is_unresolved(mesh, &name)
        || !mesh.quirks.external_names_do_not_exist
            && External::has(&mesh.settings.external.hosts, &name)
        || host.complete
            && mesh
                .evidence
                .is_made(Makes::Service, host.namespace, host.service)
        || mesh.evidence.may_become_host(host)
}
