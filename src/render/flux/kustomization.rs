//! One Flux Kustomization: artifact, kustomization, build, substitution, common metadata.

use ecow::EcoString;

use super::artifact::Artifact;
use super::substitute::{self, Variables};
use crate::render::gitops::{Fault, FaultKind, Object, from_problem};
use crate::render::kustomize::{self, Build};
use crate::render::value::{Entry, Key, Map, Node, Scalar, Trace, Value};
use crate::render::{EntryKind, Place, RelatedOrigin, Sources, What, join};

/// A Kustomization with what it needs from elsewhere.
#[derive(Debug)]
pub(crate) struct Kustomization<'k> {
    /// The object.
    pub(crate) object: &'k Object,
    /// The folder of the repository that its artifact is made from.
    pub(crate) root: &'k str,
    /// The source's own patterns of what to leave out.
    pub(crate) ignore: Option<&'k str>,
    /// Its variables.
    pub(crate) variables: Variables,
}

/// What a Kustomization makes.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) objects: Vec<Object>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) build: Build,
}

impl Kustomization<'_> {
    /// Renders it.
    pub(crate) fn render(
        &self,
        sources: &Sources,
        cache: &kustomize::Cache,
        options: kustomize::Options<'_>,
    ) -> Made {
        let mut made = Made::default();
        let node = self.object.node();
        let Some(spec) = node.get("spec") else {
            return made;
        };
        let place = self.object.place();
        let path = spec.get("path");
        let path_place = path.map_or(place, |path| path.trace.place);
        let shown = path.and_then(Node::text).map_or("./", EcoString::as_str);
        // A path is taken below the root, however it is written.
        let relative = shown.trim_start_matches('/');
        let folder = join(self.root, relative)
            .filter(|folder| sources.files().kind(folder) == Some(EntryKind::Folder));
        let Some(folder) = folder else {
            made.faults.push(Fault::new(
                FaultKind::MissingPath,
                path_place,
                format!("there is no folder {shown} in the repository, so this Kustomization makes nothing"),
            ));
            return made;
        };
        for component in spec
            .get("components")
            .and_then(Node::as_list)
            .into_iter()
            .flatten()
        {
            if component.text().is_some_and(|text| text.starts_with('/')) {
                made.faults.push(Fault::new(
                    FaultKind::Refused,
                    component.trace.place,
                    format!(
                        "Flux refuses the component {}: its path must be relative",
                        component.text().map_or("", EcoString::as_str)
                    ),
                ));
                return made;
            }
        }
        let generated = kustomize::find_file(sources, &folder)
            .is_empty()
            .then(|| self.generated(sources, &folder, path_place));
        let amend = amendments(spec);
        let build = kustomize::build(
            sources,
            &folder,
            kustomize::Options {
                anywhere: true,
                instead: generated.as_ref(),
                amend: amend.as_ref(),
                ignore_missing_components: is_true(spec.get("ignoreMissingComponents")),
                ..options
            },
            cache,
        );
        let link = RelatedOrigin {
            place,
            what: What::FluxKustomization,
            note: "renders it",
        };
        made.faults.extend(
            build
                .problems
                .iter()
                .map(|problem| from_problem(problem, place)),
        );
        for rendered in &build.objects {
            let mut rendered = rendered.clone();
            rendered.chain = rendered.chain.iter().copied().chain([link]).collect();
            let Some(object) = Object::new(rendered) else {
                continue;
            };
            match self.finish(object, spec) {
                Ok(object) => made.objects.extend(object),
                Err(fault) => made.faults.push(fault),
            }
        }
        made.build = Build {
            objects: Vec::new(),
            ..build
        };
        made
    }

    /// Substitution, common metadata, decryption; `None` for what Flux doesn't apply.
    fn finish(&self, object: Object, spec: &Node) -> Result<Option<Object>, Fault> {
        let metadata = spec.get("commonMetadata");
        let is_variable = self.variables.are_used() && object.rendered.text.contains('$');
        let is_encrypted = object.rendered.text.contains("\nsops:");
        let object = if is_variable || metadata.is_some() || is_encrypted {
            let mut node = Node::clone(object.node());
            substitute::substitute(&mut node, &self.variables).map_err(|failure| {
                Fault::new(
                    FaultKind::Substitution,
                    failure.place,
                    format!(
                        "this text of {} {} {}",
                        object.identity.kind, object.identity.name, failure.message
                    ),
                )
            })?;
            if let Some(metadata) = metadata {
                add_metadata(&mut node, metadata);
            }
            if let Some(map) = node.as_map_mut() {
                map.remove("sops");
            }
            match Object::of(node, &object.rendered) {
                Some(object) => object,
                None => return Ok(None),
            }
        } else {
            object
        };
        Ok((!is_left_alone(&object)).then_some(object))
    }

    /// The kustomization that Flux makes for a folder without one.
    fn generated(&self, sources: &Sources, folder: &str, place: Place) -> Node {
        let mut artifact = Artifact::new(sources, self.root, self.ignore);
        let trace = Trace::new(place, What::FluxKustomization);
        let resources = artifact
            .resources(sources, folder)
            .into_iter()
            .map(|path| Node::scalar(Scalar::string(path), trace.clone()))
            .collect();
        kustomization(
            &trace,
            vec![entry(
                "resources",
                Node::new(Value::List(resources), trace.clone()),
            )],
        )
    }
}

/// A kustomization of these fields.
pub(in crate::render) fn kustomization(trace: &Trace, fields: Vec<Entry>) -> Node {
    let text = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
    let head = [
        entry("apiVersion", text("kustomize.config.k8s.io/v1beta1")),
        entry("kind", text("Kustomization")),
    ];
    let map: Map = head.into_iter().chain(fields).collect();
    Node::new(Value::Map(map), trace.clone())
}

/// A field whose key stands where its value does.
pub(in crate::render) fn entry(name: &str, value: Node) -> Entry {
    Entry {
        key: Key::new(name, value.trace.inexact()),
        value,
    }
}

/// Whether a switch is on.
pub(in crate::render) fn is_true(node: Option<&Node>) -> bool {
    node.and_then(Node::text).is_some_and(|text| text == "true")
}

/// What a Kustomization adds to the kustomization of its folder.
fn amendments(spec: &Node) -> Option<Node> {
    let fields = [
        ("targetNamespace", "namespace"),
        ("namePrefix", "namePrefix"),
        ("nameSuffix", "nameSuffix"),
        ("patches", "patches"),
        ("components", "components"),
        ("images", "images"),
    ];
    let mut entries: Vec<Entry> = fields
        .into_iter()
        .filter_map(|(field, name)| {
            let value = spec.get(field).filter(|value| !value.is_empty())?;
            Some(entry(name, value.clone()))
        })
        .collect();
    // Patches of old versions are written out as objects.
    for (field, name) in [
        ("patchesStrategicMerge", "patchesStrategicMerge"),
        ("patchesJson6902", "patchesJson6902"),
    ] {
        if let Some(value) = spec.get(field).and_then(|value| written_out(value, field)) {
            entries.push(entry(name, value));
        }
    }
    (!entries.is_empty()).then(|| kustomization(&spec.trace, entries))
}

/// The patches of old versions as texts, which is what a kustomization has.
fn written_out(value: &Node, field: &str) -> Option<Node> {
    let print = |node: &Node| {
        let mut builder = crate::render::RenderedBuilder::default();
        crate::render::value::print(node, &mut builder);
        let text = builder.finish([].into(), false).text;
        Node::scalar(Scalar::string(&*text), node.trace.clone())
    };
    let items = value.as_list()?.iter().map(|item| {
        if field == "patchesStrategicMerge" {
            return print(item);
        }
        let mut item = item.clone();
        if let Some(patch) = item.as_map_mut().and_then(|map| map.get_mut("patch"))
            && patch.as_list().is_some()
        {
            *patch = print(patch);
        }
        item
    });
    let items: Vec<Node> = items.collect();
    (!items.is_empty()).then(|| Node::new(Value::List(items), value.trace.clone()))
}

/// Adds labels and annotations to the object itself, over those that are there.
pub(in crate::render) fn add_metadata(node: &mut Node, metadata: &Node) {
    for field in ["labels", "annotations"] {
        let Some(pairs) = metadata
            .get(field)
            .and_then(Node::as_map)
            .filter(|map| !map.is_empty())
        else {
            continue;
        };
        let trace = metadata.trace.inexact();
        let Some(own) = node.as_map_mut() else {
            return;
        };
        let target = own.get_or_insert_with(Key::new("metadata", trace.clone()), || {
            Node::map(trace.clone())
        });
        let Some(target) = target.as_map_mut() else {
            return;
        };
        let target =
            target.get_or_insert_with(Key::new(field, trace.clone()), || Node::map(trace.clone()));
        if target.is_null() {
            *target = Node::map(trace.clone());
        }
        let Some(target) = target.as_map_mut() else {
            continue;
        };
        for pair in pairs {
            target.set(pair.key.clone(), pair.value.clone());
        }
    }
}

/// Whether an object tells Flux not to apply it.
fn is_left_alone(object: &Object) -> bool {
    let has = |key: &str, value: &str| {
        ["labels", "annotations"].into_iter().any(|field| {
            let found = object.metadata(field, key);
            found.is_some_and(|text| text.eq_ignore_ascii_case(value))
        })
    };
    has("kustomize.toolkit.fluxcd.io/reconcile", "disabled")
        || has("kustomize.toolkit.fluxcd.io/ssa", "Ignore")
}
