//! Generators, transformers and validators that files configure.

use ecow::EcoString;

use super::super::What;
use super::super::value::{Key, Map, Node, Scalar, Value};
use super::file::{Decoder, Generator};
use super::generators;
use super::loader::Loader;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;

/// The objects that a configured generator makes; `None` when it is not built in.
pub(super) fn generate(
    config: &Resource,
    loader: &mut Loader<'_>,
) -> Result<Option<Vec<Resource>>> {
    let gvk = config.gvk();
    if gvk.api_version() != "builtin" {
        return Ok(None);
    }
    let kind = match gvk.kind.as_str() {
        "ConfigMapGenerator" => "ConfigMap",
        "SecretGenerator" => "Secret",
        "IAMPolicyGenerator" => return service_account(config).map(|made| Some(vec![made])),
        "HelmChartInflationGenerator" => return Ok(None),
        other => {
            return Err(Problem::new(
                ProblemKind::BadKustomization,
                config.trace().place,
                format!("kustomize has no generator {other} built in"),
            ));
        }
    };
    let mut problems = Vec::new();
    let d = &mut Decoder {
        problems: &mut problems,
        lenient: true,
        converts: true,
    };
    let mut generator = Generator::decode(d, config.node());
    if generator.name.is_none() {
        generator.name = config
            .metadata("name")
            .and_then(|node| d.text(node, "metadata.name"));
    }
    if generator.namespace.is_none() {
        generator.namespace = config
            .metadata("namespace")
            .and_then(|node| d.text(node, "metadata.namespace"));
    }
    if let Some(problem) = problems.into_iter().next() {
        return Err(Box::new(problem));
    }
    Ok(Some(vec![generators::make(
        kind, &generator, None, loader,
    )?]))
}

/// The service account of an `IAMPolicyGenerator`.
fn service_account(config: &Resource) -> Result<Resource> {
    let node = config.node();
    let text = |path: &[&str]| {
        node.at(path)
            .and_then(Node::text)
            .cloned()
            .unwrap_or_default()
    };
    if text(&["cloud"]) != "gke" {
        return Err(Problem::new(
            ProblemKind::BadGenerator,
            config.trace().place,
            format!("the cloud `{}` is not known", text(&["cloud"])),
        ));
    }
    let trace = config.trace().inexact().as_what(What::Generator);
    let scalar = |text: EcoString| Node::scalar(Scalar::string(text), trace.clone());
    let map = |entries: Vec<(&str, Node)>| {
        let mut map = Map::default();
        for (key, value) in entries {
            map.push(Key::new(key, trace.clone()), value);
        }
        Node::new(Value::Map(map), trace.clone())
    };
    let account = ecow::eco_format!(
        "{}@{}.iam.gserviceaccount.com",
        text(&["serviceAccount", "name"]),
        text(&["serviceAccount", "projectId"])
    );
    let mut metadata = vec![
        ("name", scalar(text(&["kubernetesService", "name"]))),
        (
            "annotations",
            map(vec![("iam.gke.io/gcp-service-account", scalar(account))]),
        ),
    ];
    let namespace = text(&["kubernetesService", "namespace"]);
    if !namespace.is_empty() {
        metadata.push(("namespace", scalar(namespace)));
    }
    let object = map(vec![
        ("apiVersion", scalar("v1".into())),
        ("kind", scalar("ServiceAccount".into())),
        ("metadata", map(metadata)),
    ]);
    Ok(Resource::new(object))
}
