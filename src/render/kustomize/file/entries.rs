//! The entries of a kustomization's lists.

use ecow::EcoString;

use super::super::super::value::{Node, Trace};
use super::super::fieldspec::FieldSpec;
use super::super::identity::Gvk;
use super::{Decoder, Text, list};

/// Makes a type with a decoder: each field with the name in lower case that it has in the file.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $key:literal $read:path,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(in super::super) struct $name {
            /// Where the entry stands.
            #[allow(dead_code, reason = "all entries have a place, whether it is needed or not")]
            pub(in super::super) trace: Trace,
            $($(#[$field_doc])* pub(in super::super) $field: $type,)*
        }

        impl $name {
            pub(in super::super) fn decode(d: &mut Decoder<'_>, node: &Node) -> Self {
                let mut this = Self {
                    trace: node.trace.clone(),
                    $($field: Default::default(),)*
                };
                for (name, entry) in d.fields(node, "the entry") {
                    $(if name.eq_ignore_ascii_case($key) {
                        this.$field = $read(d, &entry.value, $key);
                        continue;
                    })*
                    d.unknown(entry, &[$($key),*]);
                }
                this
            }
        }
    };
}

fn text(d: &mut Decoder<'_>, node: &Node, field: &str) -> Option<Text> {
    d.text(node, field)
}

fn plain(d: &mut Decoder<'_>, node: &Node, field: &str) -> EcoString {
    d.text(node, field)
        .map(|text| text.text)
        .unwrap_or_default()
}

fn texts(d: &mut Decoder<'_>, node: &Node, field: &str) -> Vec<Text> {
    d.texts(node, field)
}

fn flag(d: &mut Decoder<'_>, node: &Node, field: &str) -> bool {
    d.flag(node, field)
}

fn pairs(d: &mut Decoder<'_>, node: &Node, field: &str) -> Vec<(Text, Text)> {
    d.pairs(node, field)
}

fn integer(d: &mut Decoder<'_>, node: &Node, field: &str) -> i64 {
    d.integer(node, field)
}

fn number(d: &mut Decoder<'_>, node: &Node, field: &str) -> Option<Number> {
    Some(Number {
        value: d.integer(node, field),
        trace: node.trace.clone(),
    })
}

fn targets(d: &mut Decoder<'_>, node: &Node, field: &str) -> Vec<Target> {
    list(d, node, field, Target::decode)
}

fn selectors(d: &mut Decoder<'_>, node: &Node, field: &str) -> Vec<Selector> {
    list(d, node, field, Selector::decode)
}

fn selector(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<Selector> {
    Some(Selector::decode(d, node))
}

fn patch_options(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<PatchOptions> {
    Some(PatchOptions::decode(d, node))
}

fn source(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<Source> {
    Some(Source::decode(d, node))
}

fn field_options(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<FieldOptions> {
    Some(FieldOptions::decode(d, node))
}

fn object_ref(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<ObjectRef> {
    Some(ObjectRef::decode(d, node))
}

fn field_ref(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<FieldRef> {
    Some(FieldRef::decode(d, node))
}

fn legacy_sort(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<LegacySort> {
    Some(LegacySort::decode(d, node))
}

fn generator_options(d: &mut Decoder<'_>, node: &Node, _: &str) -> Option<GeneratorOptions> {
    Some(GeneratorOptions::decode(d, node))
}

entry! {
    /// Labels that are put on objects.
    Labels {
        pairs: Vec<(Text, Text)> = "pairs" pairs,
        include_selectors: bool = "includeSelectors" flag,
        include_templates: bool = "includeTemplates" flag,
        include_claims: bool = "includeVolumeClaimTemplates" flag,
        fields: Vec<FieldSpec> = "fields" field_specs,
    }
}

entry! {
    /// A patch.
    Patch {
        path: Option<Text> = "path" text,
        inline: Option<Text> = "patch" text,
        target: Option<Selector> = "target" selector,
        options: Option<PatchOptions> = "options" patch_options,
    }
}

entry! {
    /// What a patch may change beside the rest.
    PatchOptions {
        allow_name_change: bool = "allowNameChange" flag,
        allow_kind_change: bool = "allowKindChange" flag,
    }
}

entry! {
    /// Which objects are meant: patterns.
    Selector {
        group: EcoString = "group" plain,
        version: EcoString = "version" plain,
        kind: EcoString = "kind" plain,
        name: EcoString = "name" plain,
        namespace: EcoString = "namespace" plain,
        labels: EcoString = "labelSelector" plain,
        annotations: EcoString = "annotationSelector" plain,
    }
}

entry! {
    /// A new name, tag or digest for an image.
    Image {
        name: EcoString = "name" plain,
        new_name: Option<Text> = "newName" text,
        tag_suffix: Option<Text> = "tagSuffix" text,
        new_tag: Option<Text> = "newTag" text,
        digest: Option<Text> = "digest" text,
    }
}

/// A number and where it is written.
#[derive(Debug, Clone)]
pub(in super::super) struct Number {
    pub(in super::super) value: i64,
    pub(in super::super) trace: Trace,
}

entry! {
    /// How many replicas a workload has.
    Replica {
        name: EcoString = "name" plain,
        count: Option<Number> = "count" number,
    }
}

entry! {
    /// A replacement, or a file of them.
    ReplacementEntry {
        path: Option<Text> = "path" text,
        source: Option<Source> = "source" source,
        source_value: Option<Text> = "sourceValue" text,
        targets: Vec<Target> = "targets" targets,
    }
}

entry! {
    /// The object and field that a replacement copies from.
    Source {
        group: EcoString = "group" plain,
        version: EcoString = "version" plain,
        kind: EcoString = "kind" plain,
        name: EcoString = "name" plain,
        namespace: EcoString = "namespace" plain,
        field_path: Option<Text> = "fieldPath" text,
        options: Option<FieldOptions> = "options" field_options,
    }
}

entry! {
    /// The objects and fields that a replacement copies to.
    Target {
        select: Option<Selector> = "select" selector,
        reject: Vec<Selector> = "reject" selectors,
        field_paths: Vec<Text> = "fieldPaths" texts,
        options: Option<FieldOptions> = "options" field_options,
    }
}

entry! {
    /// Which part of a field is meant.
    FieldOptions {
        delimiter: EcoString = "delimiter" plain,
        index: i64 = "index" integer,
        encoding: EcoString = "encoding" plain,
        create: bool = "create" flag,
    }
}

entry! {
    /// A variable.
    Variable {
        name: Option<Text> = "name" text,
        object: Option<ObjectRef> = "objref" object_ref,
        field: Option<FieldRef> = "fieldref" field_ref,
    }
}

entry! {
    /// The object of a variable.
    ObjectRef {
        api_version: EcoString = "apiVersion" plain,
        group: EcoString = "group" plain,
        version: EcoString = "version" plain,
        kind: EcoString = "kind" plain,
        name: EcoString = "name" plain,
        namespace: EcoString = "namespace" plain,
    }
}

entry! {
    /// The field of a variable.
    FieldRef {
        path: EcoString = "fieldPath" plain,
    }
}

entry! {
    /// In which order objects are printed.
    SortOptions {
        order: EcoString = "order" plain,
        legacy: Option<LegacySort> = "legacySortOptions" legacy_sort,
    }
}

entry! {
    /// Which kinds come first and last.
    LegacySort {
        first: Vec<Text> = "orderFirst" texts,
        last: Vec<Text> = "orderLast" texts,
    }
}

entry! {
    /// A ConfigMap or Secret that is made from files and literals.
    Generator {
        name: Option<Text> = "name" text,
        namespace: Option<Text> = "namespace" text,
        behavior: EcoString = "behavior" plain,
        literals: Vec<Text> = "literals" texts,
        files: Vec<Text> = "files" texts,
        envs: Vec<Text> = "envs" texts,
        env: Option<Text> = "env" text,
        options: Option<GeneratorOptions> = "options" generator_options,
        secret_type: Option<Text> = "type" text,
    }
}

entry! {
    /// What generated objects get.
    GeneratorOptions {
        labels: Vec<(Text, Text)> = "labels" pairs,
        annotations: Vec<(Text, Text)> = "annotations" pairs,
        disable_hash: bool = "disableNameSuffixHash" flag,
        immutable: bool = "immutable" flag,
    }
}

entry! {
    /// A field spec.
    Spec {
        group: EcoString = "group" plain,
        version: EcoString = "version" plain,
        kind: EcoString = "kind" plain,
        path: EcoString = "path" plain,
        create: bool = "create" flag,
    }
}

impl Selector {
    /// Group, version, kind, name and namespace are all empty.
    pub(in super::super) fn is_empty_identity(&self) -> bool {
        let fields = [
            &self.group,
            &self.version,
            &self.kind,
            &self.name,
            &self.namespace,
        ];
        fields.iter().all(|field| field.is_empty())
    }
}

/// Field specs of a list.
pub(in super::super) fn field_specs(
    d: &mut Decoder<'_>,
    node: &Node,
    field: &str,
) -> Vec<FieldSpec> {
    list(d, node, field, Spec::decode)
        .into_iter()
        .map(|spec| FieldSpec {
            gvk: Gvk {
                group: spec.group,
                version: spec.version,
                kind: spec.kind,
            },
            path: spec.path,
            create: spec.create,
        })
        .collect()
}
