//! IST0101: gateways of VirtualServices that do not exist.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::analysis::full_name;
use crate::path;
use crate::rules::virtual_services::gateway_hosts::{is_internal, reference};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "gateway-references",
    codes: &[Code::IST0101],
    runs: &[Run::Mesh(gateway_references)],
};

fn gateway_references(mesh: &Mesh, findings: &mut Findings) {
    let analysis = mesh.analysis();
    let of_istio = analysis.gateways().map(|g| (g.namespace(), g.name()));
    let of_kubernetes = analysis.k8s_gateways().map(|g| (g.namespace(), g.name()));
    let known: FxHashSet<(&str, &str)> = of_istio.chain(of_kubernetes).collect();
    for service in &mesh.objects.virtual_services {
        if service.broken || mesh.analysis_of(service.id).is_none() {
            continue;
        }
        for (index, written) in service.spec.gateways.iter().enumerate() {
            if written == "mesh" || is_internal(written) {
                continue;
            }
            let (namespace, name) = reference(written, service.namespace(), mesh);
            if known.contains(&(namespace, name)) {
                continue;
            }
            let message = format!(
                "the gateway {written:?} does not exist: there is no Gateway {}",
                full_name(namespace, name)
            );
            let path = path!["spec", "gateways", index];
            findings.push(
                Finding::new(Code::IST0101, service.id, path, message)
                    .help("name a Gateway as NAME or NAMESPACE/NAME"),
            );
        }
    }
}
