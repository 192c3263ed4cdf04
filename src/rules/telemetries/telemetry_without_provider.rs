//! IST0157: access logs that name no provider, where the mesh has no default.

use crate::diagnostics::{Code, Evidence, Finding, Findings};
use crate::mesh::Mesh;
use crate::mesh::places::ConfigSource;
use crate::model::Object;
use crate::model::telemetry::Telemetry;
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "telemetry-without-provider",
    codes: &[Code::IST0157],
    runs: &[Run::Telemetry(telemetry_without_provider)],
};

fn telemetry_without_provider(telemetry: &Object<Telemetry>, mesh: &Mesh, findings: &mut Findings) {
    let Some(analysis) = mesh.analysis_of(telemetry.id) else {
        return;
    };
    let defaults = &analysis.mesh_config().default_providers;
    if !defaults.access_logging.is_empty() {
        return;
    }
    let evidence = knows_defaults(telemetry, mesh);
    let found = telemetry
        .spec
        .access_logging
        .iter()
        .position(|entry| entry.disabled != Some(true) && entry.providers.is_empty());
    if let Some(index) = found {
        let message = format!(
            "the access logging of Telemetry {} in namespace {} is ignored: it names no provider, \
             and the mesh config has no default",
            telemetry.name(),
            telemetry.namespace()
        );
        findings.push(
            Finding::new(Code::IST0157, telemetry.id, "", message)
                .points_at(path!["spec", "accessLogging", index])
                .help("add providers: [{name: envoy}]")
                .given(evidence),
        );
    }
}

/// Whether the input shows the defaults of the mesh config: a profile of an operator may set them.
fn knows_defaults(telemetry: &Object<Telemetry>, mesh: &Mesh) -> Evidence {
    let home = mesh.places.namespace_of(telemetry.id);
    match mesh.places.control_plane_or_first(home).source {
        _ if mesh.settings.closed_world => Evidence::Shown,
        ConfigSource::None => Evidence::NotShown("the input holds no mesh config".into()),
        ConfigSource::Operator(_) => {
            Evidence::NotShown("the profile of the installation may set providers".into())
        }
        ConfigSource::ConfigMap(_) | ConfigSource::User => Evidence::Shown,
    }
}
