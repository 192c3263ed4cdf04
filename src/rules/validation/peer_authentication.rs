//! IST0106, IST0133: what the admission webhook says of a PeerAuthentication.

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::attachment::Attached;
use crate::model::security::PeerAuthentication;

use super::common;
use super::issues::Issues;
use crate::yaml::Trail;

/// Validates a PeerAuthentication.
pub(super) fn check(policy: &Object<PeerAuthentication>, mesh: &Mesh, findings: &mut Findings) {
    super::validate(policy, mesh, findings, spec);
}

fn spec(policy: &PeerAuthentication, issues: &mut Issues) {
    let spec = Trail::top("spec");
    let ports_path = spec.field("portLevelMtls");
    if let Some(ports) = &policy.port_level_mtls {
        if policy.is_selectorless() && !ports.is_empty() {
            issues
                .error(
                    &ports_path,
                    "mesh/namespace peer authentication cannot have port level mTLS",
                )
                .help("add a selector with the workload's labels");
        }
        if ports.is_empty() {
            issues.error(
                &ports_path,
                "port level mTLS, if defined, must have at least one element",
            );
        }
        for key in ports.keys() {
            // A key that is no number is a matter of types, reported where objects are decoded.
            let out_of_range = key
                .parse::<u32>()
                .is_ok_and(|port| !(1..=65535).contains(&port));
            if out_of_range {
                issues.error(&ports_path.field(key), "port must be in range 1..65535");
            }
        }
    }
    if let Some(labels) = policy.selector() {
        common::match_labels(labels, &spec.field("selector"), issues);
    }
}
