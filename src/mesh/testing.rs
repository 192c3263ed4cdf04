//! Small meshes for tests.

use super::{Mesh, Quirks, Settings};
use crate::input::{InputFile, Source};
use crate::load::{self, WorldBuilder};
use crate::model::ObjectId;

/// The mesh of some YAML documents, as upstream reads them.
pub(crate) fn upstream(yaml: &str) -> Mesh {
    let settings = Settings {
        quirks: Quirks::upstream(),
        closed_world: true,
        ..Settings::default()
    };
    build(yaml, settings)
}

/// The mesh of some YAML documents.
pub(crate) fn mesh(yaml: &str) -> Mesh {
    build(yaml, Settings::default())
}

/// The mesh of some YAML documents with settings.
pub(crate) fn build(yaml: &str, settings: Settings) -> Mesh {
    build_files(&[("mesh.yaml", yaml)], settings)
}

/// The mesh of some files, each a path and YAML documents, with settings.
pub(crate) fn build_files(files: &[(&str, &str)], settings: Settings) -> Mesh {
    let is_upstream = settings.quirks == Quirks::upstream();
    let namespace = if is_upstream { "" } else { "default" };
    let options = load::Options {
        namespace: namespace.into(),
        ..load::Options::default()
    };
    let mut builder = WorldBuilder::default();
    for (number, (path, yaml)) in (0..).zip(files) {
        let file = InputFile {
            path: (*path).into(),
            location: Some(path.into()),
            context: false,
            is_named: false,
        };
        let source = Source::from_bytes(file, yaml.as_bytes().to_vec());
        builder.add(number, &load::load(source, &options), None);
    }
    let world = builder.build();
    let settings = Settings {
        folders: world.folders,
        ..settings
    };
    Mesh::build(world.objects, settings)
}

/// A document: `kind` as `apiVersion Kind`, `name` as `namespace/name` (or `name` alone), and the
/// other keys as YAML that is indented as in a document.
pub(crate) fn object(kind: &str, name: &str, rest: &str) -> String {
    let (version, kind) = kind.split_once(' ').unwrap_or(("v1", kind));
    let (namespace, name) = match name.split_once('/') {
        Some((namespace, name)) => (format!(", namespace: {namespace}"), name),
        None => (String::new(), name),
    };
    let (metadata, rest) = match rest.strip_prefix("metadata: {") {
        Some(tail) => {
            let (metadata, rest) = tail.split_once('\n').unwrap_or((tail, ""));
            (
                format!(", {}", metadata.strip_suffix('}').unwrap_or(metadata)),
                rest,
            )
        }
        None => (String::new(), rest),
    };
    format!(
        "---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{namespace}{metadata}}}\n{rest}\n"
    )
}

/// A Namespace with labels in flow style.
pub(crate) fn namespace(name: &str, labels: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n"
    )
}

/// A Deployment with template labels in flow style.
pub(crate) fn deployment(name: &str, labels: &str) -> String {
    object(
        "apps/v1 Deployment",
        name,
        &format!("spec: {{template: {{metadata: {{labels: {{{labels}}}}}}}}}"),
    )
}

/// A Service with a selector in flow style.
pub(crate) fn service(name: &str, selector: &str) -> String {
    object(
        "v1 Service",
        name,
        &format!("spec: {{selector: {{{selector}}}}}"),
    )
}

/// An object of `networking.istio.io` with its spec in flow style.
pub(crate) fn networking(kind: &str, name: &str, spec: &str) -> String {
    object(
        &format!("networking.istio.io/v1 {kind}"),
        name,
        &format!("spec: {{{spec}}}"),
    )
}

/// A PeerAuthentication with its spec in flow style.
pub(crate) fn peer(name: &str, spec: &str) -> String {
    object(
        "security.istio.io/v1 PeerAuthentication",
        name,
        &format!("spec: {{{spec}}}"),
    )
}

/// The ConfigMap `istio` with a mesh config in flow style.
pub(crate) fn mesh_config(config: &str) -> String {
    object(
        "v1 ConfigMap",
        "istio-system/istio",
        &format!("data: {{mesh: \"{{{config}}}\"}}"),
    )
}

/// `namespace/name` of objects.
pub(crate) fn names<'m, T: 'm>(
    objects: impl IntoIterator<Item = &'m crate::model::Object<T>>,
) -> Vec<String> {
    objects
        .into_iter()
        .map(|object| format!("{}/{}", object.namespace(), object.name()))
        .collect()
}

/// The id of the object of this name, of whatever kind.
pub(crate) fn id_of(mesh: &Mesh, name: &str) -> ObjectId {
    let found = mesh.objects.headers.iter().position(|h| h.name == name);
    ObjectId(found.map_or(u32::MAX, |index| u32::try_from(index).unwrap_or(u32::MAX)))
}
