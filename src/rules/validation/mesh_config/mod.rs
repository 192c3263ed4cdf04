//! IST0106, IST0133: what istiod says of the mesh config and the mesh networks, in the ConfigMap
//! `istio` (or `istio-REVISION`) and in the operators' resources.

mod mesh;
mod networks;
mod proxy;

use crate::diagnostics::Findings;
use crate::mesh::Mesh;
use crate::model::core::{ConfigMap, MeshConfigHolder};
use crate::model::mesh_config::{MeshConfig, MeshNetworks, ProxyConfig};
use crate::model::{Object, Str};
use crate::rules::validation::issues::Issues;
use crate::rules::validation::validate_with;
use crate::yaml::{self, DecodeOptions, Problem, ProblemKind, Trail, Tree};

/// How istiod begins the text about a config that it cannot decode.
const FAILED: &str = "failed to convert to proto.";

const DATA: Trail<'_> = Trail::top("data");
const SPEC: Trail<'_> = Trail::top("spec");

/// What istiod would refuse about a proxy config, such as that of an annotation.
pub(in crate::rules) fn proxy_config_problem(config: &ProxyConfig) -> Option<String> {
    let mut issues = Issues::default();
    proxy::proxy_config(config, &Trail::top("proxy.istio.io/config"), &mut issues);
    issues.first_error().map(str::to_owned)
}

pub(super) fn config_map(map: &Object<ConfigMap>, world: &Mesh, findings: &mut Findings) {
    if !is_mesh_config(map, world) {
        return;
    }
    validate_with(map, world, findings, |issues| {
        let data = &map.spec.data;
        let first_only = world.quirks.mesh_config_decodes_to_one_error;
        if let Some(text) = data.get("mesh") {
            let path = DATA.field("mesh");
            if let Some(config) = read::<MeshConfig>(text, first_only, &path, issues) {
                mesh::mesh_config(&config, &path, issues);
            }
        }
        if let Some(text) = data.get("meshNetworks") {
            let path = DATA.field("meshNetworks");
            if let Some(config) = read::<MeshNetworks>(text, first_only, &path, issues) {
                let hides = world.quirks.gateway_address_hides_errors;
                networks::mesh_networks(&config, hides, &path, issues);
            }
        }
    });
}

/// Whether istiod reads this ConfigMap.
fn is_mesh_config(map: &Object<ConfigMap>, world: &Mesh) -> bool {
    let is_named = map.name() == "istio" || map.name().starts_with("istio-");
    let has_config = ["mesh", "meshNetworks"]
        .iter()
        .any(|key| map.spec.data.contains_key(key));
    let is_of_control_plane = || {
        let planes = world.places.control_planes();
        let namespace = world.places.id(map.namespace());
        planes
            .iter()
            .any(|plane| Some(plane.namespace) == namespace)
    };
    // Manifests of several clusters may hold several of them without showing any istiod.
    is_named
        && has_config
        && (!world.quirks.mesh_configs_stand_beside_istiod || is_of_control_plane())
}

/// Decodes a document inside a ConfigMap. With `first_only` one error stands for all that could
/// not be decoded, as upstream.
fn read<T: serde::de::DeserializeOwned + Default>(
    text: &Str,
    first_only: bool,
    path: &Trail<'_>,
    issues: &mut Issues,
) -> Option<T> {
    let tree = Tree::parse(text);
    let Some(document) = tree.documents().first() else {
        return Some(T::default());
    };
    if let Some(error) = &document.error {
        if !yaml::is_placeholder(text) {
            issues.error(path, format!("{FAILED} {}", error.message));
        }
        return None;
    }
    let Some(root) = tree.root(document).filter(|root| !root.is_null()) else {
        return Some(T::default());
    };
    let options = DecodeOptions {
        proto: true,
        unknown_fields: false,
    };
    let decoded = yaml::decode::<T>(root, &Trail::Root, options);
    let shown = if first_only { 1 } else { usize::MAX };
    for problem in decoded.problems.iter().take(shown) {
        let message = format!("{FAILED} {}: {}", problem.path, describe(problem));
        issues
            .error(path, message)
            .points_at(path.path().join(&problem.path));
    }
    (decoded.problems.is_empty() && !decoded.templated).then_some(decoded.value)
}

fn describe(problem: &Problem) -> String {
    match &problem.kind {
        ProblemKind::UnknownField(_) => "unknown field".to_owned(),
        ProblemKind::WrongType { expected, found } => {
            format!("{found} where {expected} is wanted")
        }
        ProblemKind::UnknownValue(words) => {
            format!("{:?} is none of {}", problem.text, words.join(", "))
        }
        ProblemKind::Invalid(why) => format!("{:?} {why}", problem.text),
    }
}

/// Mesh config in the resources of Istio's operators.
pub(super) fn operator(holder: &Object<MeshConfigHolder>, world: &Mesh, findings: &mut Findings) {
    if world.quirks.operators_bring_no_mesh_config {
        return;
    }
    validate_with(holder, world, findings, |issues| {
        let spec = &holder.spec;
        let values = SPEC.field("values");
        let in_values = spec.values.as_ref().and_then(|v| v.mesh_config.as_deref());
        for (config, path) in [
            (spec.mesh_config.as_deref(), SPEC.field("meshConfig")),
            (in_values, values.field("meshConfig")),
        ] {
            if let Some(config) = config {
                mesh::mesh_config(config, &path, issues);
            }
        }
    });
}
