//! IST0134: TCP ports of a ServiceEntry without addresses.

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::Analysis;
use crate::mesh::istio_version::IstioVersion;
use crate::model::Object;
use crate::model::networking::{Resolution, ServiceEntry};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "service-entry-addresses-required",
    codes: &[Code::IST0134],
    runs: &[Run::ServiceEntry(service_entry_addresses_required)],
};

fn service_entry_addresses_required(
    entry: &Object<ServiceEntry>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let Some(analysis) = mesh.analysis_of(entry.id) else {
        return;
    };
    let status = entry.status.as_deref();
    let has_addresses = !entry.spec.addresses.is_empty()
        || status.is_some_and(|status| !status.addresses.is_empty());
    let allocated = if mesh.quirks.run_time_plays_no_part {
        are_allocated_for_istioctl(analysis)
    } else {
        are_allocated(entry, mesh)
    };
    if has_addresses || allocated {
        return;
    }
    for (index, port) in entry.spec.ports.iter().enumerate() {
        if port.protocol.is_empty() || port.protocol.eq_ignore_ascii_case("TCP") {
            let message =
                "a TCP port needs addresses: without them its traffic is told apart by port alone";
            findings.push(
                Finding::new(
                    Code::IST0134,
                    entry.id,
                    path!["spec", "ports", index, "name"],
                    message,
                )
                .help(help(entry, port.protocol.is_empty())),
            );
        }
    }
}

fn help(entry: &Object<ServiceEntry>, has_no_protocol: bool) -> String {
    let mut help = "set spec.addresses, or a protocol that carries the host name (HTTP, TLS, \
                    HTTPS)"
        .to_owned();
    if has_no_protocol {
        help.push_str("; a port without protocol is TCP, whatever its name");
    }
    if may_be_allocated(entry) {
        help.push_str(
            "; or let proxies capture DNS (ISTIO_META_DNS_CAPTURE: \"true\" in proxyMetadata), so \
             that they use the address that istiod allocates",
        );
    }
    help
}

/// Whether istiod allocates addresses for such an entry: the controller leaves out wildcards,
/// resolution NONE, and what opts out by label.
fn may_be_allocated(entry: &Object<ServiceEntry>) -> bool {
    let label = "networking.istio.io/enable-autoallocate-ip";
    let has_opted_out = entry.metadata.labels.has(label, "false");
    let has_wildcard = entry.spec.hosts.iter().any(|host| host.starts_with('*'));
    entry.spec.resolution != Resolution::None && !has_wildcard && !has_opted_out
}

/// Whether istiod gives the entry an address that clients use: sidecars that capture DNS, and
/// ztunnel, which always does.
fn are_allocated(entry: &Object<ServiceEntry>, mesh: &Mesh) -> bool {
    if !may_be_allocated(entry) {
        return false;
    }
    let home = mesh.places.namespace_of(entry.id);
    let by_default = mesh.settings.istio_version >= IstioVersion::minor(25);
    if by_default && mesh.places.get(home).has_ambient_label() {
        return true;
    }
    let of_mesh = &mesh
        .places
        .control_plane_or_first(home)
        .config
        .default_config
        .proxy_metadata;
    let of_namespace = mesh
        .places
        .of(home)
        .proxy_configs()
        .filter(|config| config.spec.selector.is_none())
        .map(|config| &config.spec.environment_variables);
    let is_on = |key: &str| {
        let mut own = of_namespace.clone();
        of_mesh.has(key, "true") || own.any(|variables| variables.has(key, "true"))
    };
    is_on("ISTIO_META_DNS_CAPTURE") && (by_default || is_on("ISTIO_META_DNS_AUTO_ALLOCATE"))
}

/// Whether istioctl takes it that istiod gives ServiceEntries addresses of its own.
fn are_allocated_for_istioctl(analysis: Analysis<'_>) -> bool {
    let metadata = &analysis.mesh_config().default_config.proxy_metadata;
    let is_on = |key: &str| metadata.has(key, "true");
    is_on("ISTIO_META_DNS_CAPTURE")
        && (is_on("ISTIO_META_DNS_AUTO_ALLOCATE") || is_on("PILOT_ENABLE_IP_AUTOALLOCATE"))
}
