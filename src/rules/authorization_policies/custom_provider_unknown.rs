//! MESH2014: an external authorizer that the mesh config does not know.

use crate::diagnostics::{Code, Evidence, Finding, Findings, Fix};
use crate::mesh::Mesh;
use crate::mesh::places::ConfigSource;
use crate::model::mesh_config::ProviderKind;
use crate::model::security::{Action, AuthorizationPolicy};
use crate::model::{Object, Str};
use crate::nearest::nearest_word;
use crate::rules::common::words::{is_unresolved, some_of};
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "custom-provider-unknown",
    codes: &[Code::MESH2014],
    runs: &[Run::AuthorizationPolicy(custom_provider_unknown)],
};

const PLACE: &str = "spec/provider/name";

fn custom_provider_unknown(
    policy: &Object<AuthorizationPolicy>,
    mesh: &Mesh,
    findings: &mut Findings,
) {
    let provider = policy.spec.provider.as_ref();
    let Some(name) = provider.map(|own| &own.name).filter(|own| !own.is_empty()) else {
        return;
    };
    let is_judged = policy.spec.action == Action::Custom && !is_unresolved(mesh, name);
    if mesh.quirks.run_time_plays_no_part || !is_judged {
        return;
    }
    let planes = mesh.places.control_planes();
    if planes
        .iter()
        .any(|plane| plane.source == ConfigSource::None)
    {
        return;
    }
    let providers = || {
        planes
            .iter()
            .flat_map(|plane| &plane.config.extension_providers)
    };
    let is_authorizer = |kind: Option<ProviderKind>| {
        matches!(
            kind,
            Some(ProviderKind::ExtAuthzHttp | ProviderKind::ExtAuthzGrpc)
        )
    };
    let mut named = providers().filter(|own| own.name == *name).peekable();
    let is_of_other_kind = named.peek().is_some();
    if named.any(|own| is_authorizer(own.kind())) {
        return;
    }
    let known: Vec<&Str> = providers()
        .filter(|own| is_authorizer(own.kind()))
        .map(|own| &own.name)
        .collect();
    if known.iter().any(|own| is_unresolved(mesh, own)) {
        return;
    }
    let what = if is_of_other_kind {
        format!("provider {name} of the mesh config is no external authorizer")
    } else if known.is_empty() {
        format!("provider {name} is not in the mesh config, which has no external authorizer")
    } else {
        format!(
            "provider {name} is not in the mesh config, whose external authorizers are {}",
            some_of(&known)
        )
    };
    let message = format!("{what}: requests that the rules match are denied");
    let near = nearest_word(name, known.iter().map(|own| own.as_str()));
    let help = match &near {
        Some(near) => format!("write {}", near.what),
        None => format!(
            "add {name} to extensionProviders of the mesh config, with envoyExtAuthzHttp or \
             envoyExtAuthzGrpc"
        ),
    };
    let fix = near.and_then(|near| {
        let fix = Fix::guess(format!("write {}", near.what), &near)?;
        Some(fix.write(policy.id, PLACE, near.what))
    });
    let mut finding = Finding::new(Code::MESH2014, policy.id, PLACE, message)
        .help(help)
        .fix(fix);
    for plane in planes.iter().take(RELATED) {
        finding = match plane.source {
            ConfigSource::ConfigMap(id) => finding.related(id, "data/mesh", "the mesh config"),
            ConfigSource::Operator(id) => finding.related(id, "spec", "the mesh config"),
            ConfigSource::None | ConfigSource::User => finding,
        };
    }
    findings.push(finding.given(knows_providers(mesh)));
}

/// Whether the input shows all of the mesh config: what an operator's resource says is laid over the
/// profile of the installation, and files beside it may add to that.
fn knows_providers(mesh: &Mesh) -> Evidence {
    let mut planes = mesh.places.control_planes().iter();
    let is_partial = planes.any(|plane| matches!(plane.source, ConfigSource::Operator(_)));
    if is_partial && !mesh.settings.closed_world {
        Evidence::NotShown("the profile of the installation may set providers".into())
    } else {
        Evidence::Shown
    }
}

/// How many mesh configs a finding points at.
const RELATED: usize = 3;
