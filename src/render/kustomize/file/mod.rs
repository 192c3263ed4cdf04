//! The kustomization file: its fields, each with its place.

mod decode;
mod entries;

use super::super::value::{Node, Trace};
pub(super) use decode::{Decoder, Text};
pub(super) use entries::*;

/// A kustomization.
#[derive(Debug, Clone, Default)]
pub(super) struct Kustomization {
    pub(super) kind: Option<Text>,
    pub(super) api_version: Option<Text>,
    pub(super) resources: Vec<Text>,
    pub(super) components: Vec<Text>,
    pub(super) crds: Vec<Text>,
    pub(super) configurations: Vec<Text>,
    pub(super) generators: Vec<Text>,
    pub(super) transformers: Vec<Text>,
    pub(super) validators: Vec<Text>,
    pub(super) build_metadata: Vec<Text>,
    pub(super) openapi: Vec<(Text, Text)>,
    pub(super) namespace: Option<Text>,
    pub(super) name_prefix: Option<Text>,
    pub(super) name_suffix: Option<Text>,
    pub(super) common_labels: Vec<(Text, Text)>,
    pub(super) labels: Vec<Labels>,
    pub(super) common_annotations: Vec<(Text, Text)>,
    pub(super) patches_strategic_merge: Vec<Text>,
    pub(super) patches_json6902: Vec<Patch>,
    pub(super) patches: Vec<Patch>,
    pub(super) images: Vec<Image>,
    pub(super) replicas: Vec<Replica>,
    pub(super) replacements: Vec<ReplacementEntry>,
    pub(super) vars: Vec<Variable>,
    pub(super) sort_options: Option<SortOptions>,
    pub(super) config_maps: Vec<Generator>,
    pub(super) secrets: Vec<Generator>,
    pub(super) generator_options: Option<GeneratorOptions>,
    pub(super) helm_globals: Option<Node>,
    pub(super) charts: Vec<Node>,
    /// Fields that are deprecated, and where they stand.
    pub(super) deprecated: Vec<(&'static str, Trace)>,
    /// Whether any field but `kind` and `apiVersion` is there.
    pub(super) has_content: bool,
}

/// The fields of a kustomization.
pub(super) const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

impl Kustomization {
    /// Reads the fields of a kustomization.
    pub(super) fn decode(d: &mut Decoder<'_>, node: &Node) -> Self {
        let mut k = Self::default();
        let mut bases = Vec::new();
        let mut image_tags = Vec::new();
        for (name, entry) in d.fields(node, "a kustomization") {
            let value = &entry.value;
            let field = entry.key.text.as_str();
            k.has_content |= !matches!(name.as_str(), "kind" | "apiversion");
            match name.as_str() {
                "apiversion" => k.api_version = d.text(value, field),
                "kind" => k.kind = d.text(value, field),
                "metadata" => metadata(d, value),
                "openapi" => k.openapi = d.pairs(value, field),
                "nameprefix" => k.name_prefix = d.text(value, field),
                "namesuffix" => k.name_suffix = d.text(value, field),
                "namespace" => k.namespace = d.text(value, field),
                "commonlabels" => {
                    k.deprecated.push(("commonLabels", entry.key.trace.clone()));
                    k.common_labels = d.pairs(value, field);
                }
                "labels" => k.labels = list(d, value, field, Labels::decode),
                "commonannotations" => k.common_annotations = d.pairs(value, field),
                "patchesstrategicmerge" => {
                    k.deprecated
                        .push(("patchesStrategicMerge", entry.key.trace.clone()));
                    k.patches_strategic_merge = d.texts(value, field);
                }
                "patchesjson6902" => {
                    k.deprecated
                        .push(("patchesJson6902", entry.key.trace.clone()));
                    k.patches_json6902 = list(d, value, field, Patch::decode);
                }
                "patches" => k.patches = list(d, value, field, Patch::decode),
                "images" => k.images = list(d, value, field, Image::decode),
                "imagetags" => {
                    k.deprecated.push(("imageTags", entry.key.trace.clone()));
                    image_tags = list(d, value, field, Image::decode);
                }
                "replacements" => {
                    k.replacements = list(d, value, field, ReplacementEntry::decode);
                }
                "replicas" => k.replicas = list(d, value, field, Replica::decode),
                "vars" => {
                    k.deprecated.push(("vars", entry.key.trace.clone()));
                    k.vars = list(d, value, field, Variable::decode);
                }
                "sortoptions" => k.sort_options = Some(SortOptions::decode(d, value)),
                "resources" => k.resources = d.texts(value, field),
                "components" => k.components = d.texts(value, field),
                "crds" => k.crds = d.texts(value, field),
                "bases" => {
                    k.deprecated.push(("bases", entry.key.trace.clone()));
                    bases = d.texts(value, field);
                }
                "configmapgenerator" => {
                    k.config_maps = list(d, value, field, Generator::decode);
                }
                "secretgenerator" => k.secrets = list(d, value, field, Generator::decode),
                "helmglobals" => k.helm_globals = Some(value.clone()),
                "helmcharts" => k.charts.extend_from_slice(d.items(value, field)),
                "helmchartinflationgenerator" => {
                    k.charts.extend_from_slice(d.items(value, field));
                }
                "generatoroptions" => {
                    k.generator_options = Some(GeneratorOptions::decode(d, value));
                }
                "configurations" => k.configurations = d.texts(value, field),
                "generators" => k.generators = d.texts(value, field),
                "transformers" => k.transformers = d.texts(value, field),
                "validators" => k.validators = d.texts(value, field),
                "buildmetadata" => k.build_metadata = d.texts(value, field),
                _ => d.unknown(entry, FIELDS),
            }
        }
        k.resources.extend(bases);
        k.images.extend(image_tags);
        k
    }

    /// Adds what an outer tool sets: names and namespace are replaced, images of one name too, and
    /// all else is appended.
    pub(super) fn amend(&mut self, other: Kustomization) {
        let replace = |own: &mut Option<Text>, others: Option<Text>| {
            if others.is_some() {
                *own = others;
            }
        };
        replace(&mut self.namespace, other.namespace);
        replace(&mut self.name_prefix, other.name_prefix);
        replace(&mut self.name_suffix, other.name_suffix);
        for image in other.images {
            self.images.retain(|own| own.name != image.name);
            self.images.push(image);
        }
        for replica in other.replicas {
            self.replicas.retain(|own| own.name != replica.name);
            self.replicas.push(replica);
        }
        let pairs = |own: &mut Vec<(Text, Text)>, others: Vec<(Text, Text)>| {
            own.retain(|(key, _)| others.iter().all(|(other, _)| other.text != key.text));
            own.extend(others);
            own.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
        };
        pairs(&mut self.common_labels, other.common_labels);
        pairs(&mut self.common_annotations, other.common_annotations);
        self.labels.extend(other.labels);
        self.patches_strategic_merge
            .extend(other.patches_strategic_merge);
        self.patches_json6902.extend(other.patches_json6902);
        self.patches.extend(other.patches);
        self.components.extend(other.components);
        self.resources.extend(other.resources);
        self.replacements.extend(other.replacements);
        self.has_content |= other.has_content;
    }
}

/// The metadata of a kustomization means nothing, but must be metadata.
fn metadata(d: &mut Decoder<'_>, node: &Node) {
    for (name, entry) in d.fields(node, "metadata") {
        match name.as_str() {
            "name" | "namespace" => {
                d.text(&entry.value, &entry.key.text);
            }
            "labels" | "annotations" => {
                d.pairs(&entry.value, &entry.key.text);
            }
            _ => d.unknown(entry, &["name", "namespace", "labels", "annotations"]),
        }
    }
}

/// The entries of a list, each decoded.
pub(super) fn list<T>(
    d: &mut Decoder<'_>,
    node: &Node,
    field: &str,
    decode: impl Fn(&mut Decoder<'_>, &Node) -> T,
) -> Vec<T> {
    let items = d.items(node, field);
    items
        .iter()
        .filter(|item| !item.is_null())
        .map(|item| decode(d, item))
        .collect()
}
