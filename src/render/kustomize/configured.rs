//! Transformers that objects configure.

use ecow::EcoString;

use super::super::value::Node;
use super::fieldspec::FieldSpec;
use super::file::{
    Decoder, Image, Patch as PatchEntry, ReplacementEntry, Replica, Selector, Text, field_specs,
    list,
};
use super::labels::Entries;
use super::loader::Loader;
use super::names::{Affix, End};
use super::namespace::{Namespace, Subjects};
use super::patches::Patch;
use super::problem::{Problem, ProblemKind, Report, Result};
use super::resource::Resource;
use super::transformers::{Transformer, Work, replacements_of};
use super::values::ValueTarget;

/// The transformer that an object configures; `None` when it is not built in.
pub(super) fn configured(
    config: &Resource,
    loader: &mut Loader<'_>,
    report: Report<'_>,
) -> Result<Option<Transformer>> {
    let gvk = config.gvk();
    if gvk.api_version() != "builtin" {
        return Ok(None);
    }
    let node = config.node();
    let mut problems = Vec::new();
    let mut c = Config {
        d: Decoder {
            problems: &mut problems,
            lenient: true,
            converts: true,
        },
        node,
    };
    let fields = c.fields();
    let (kind, work) = match gvk.kind.as_str() {
        "PatchTransformer" => {
            let entry = PatchEntry::decode(&mut c.d, node);
            (
                "PatchTransformer",
                Work::Patches(vec![Patch::new(&entry, loader)?]),
            )
        }
        "PatchJson6902Transformer" => {
            let mut entry = PatchEntry::decode(&mut c.d, node);
            entry.inline = c.text("jsonOp");
            (
                "PatchJson6902Transformer",
                Work::Patches(vec![Patch::json(&entry, loader)?]),
            )
        }
        "PatchStrategicMergeTransformer" => (
            "PatchStrategicMergeTransformer",
            Work::Patches(c.strategic(loader)?),
        ),
        "NamespaceTransformer" => {
            let Some(name) = node
                .at(&["metadata", "namespace"])
                .and_then(|node| c.d.text(node, "metadata.namespace"))
            else {
                return Ok(Some(nothing("NamespaceTransformer")));
            };
            let subjects = match c
                .text("setRoleBindingSubjects")
                .as_ref()
                .map(|text| text.text.as_str())
            {
                None | Some("" | "defaultOnly") => Subjects::Default,
                Some("allServiceAccounts") => Subjects::ServiceAccounts,
                Some("none") => Subjects::None,
                Some(other) => {
                    return Err(Problem::new(
                        ProblemKind::BadKustomization,
                        node.trace.place,
                        format!("setRoleBindingSubjects can't be `{other}`"),
                    ));
                }
            };
            let namespace = Namespace {
                name,
                fields,
                unset_only: node
                    .get("unsetOnly")
                    .is_some_and(|node| c.d.flag(node, "unsetOnly")),
                subjects,
            };
            ("NamespaceTransformer", Work::Namespace(namespace))
        }
        "PrefixTransformer" => ("PrefixTransformer", c.affixes(&[End::Prefix], &fields)?),
        "SuffixTransformer" => ("SuffixTransformer", c.affixes(&[End::Suffix], &fields)?),
        "PrefixSuffixTransformer" => (
            "PrefixSuffixTransformer",
            c.affixes(&[End::Prefix, End::Suffix], &fields)?,
        ),
        "LabelTransformer" => ("LabelTransformer", c.entries("labels", fields)),
        "AnnotationsTransformer" => ("AnnotationsTransformer", c.entries("annotations", fields)),
        "ReplicaCountTransformer" => {
            let empty = node.get("replica").unwrap_or(node);
            let replica = Replica::decode(&mut c.d, empty);
            ("ReplicaCountTransformer", Work::Replicas(replica, fields))
        }
        "ImageTagTransformer" => {
            let empty = node.get("imageTag").unwrap_or(node);
            let image = Image::decode(&mut c.d, empty);
            ("ImageTagTransformer", Work::Images(image, fields))
        }
        "ReplacementTransformer" => {
            let entries = node.get("replacements").map_or_else(Vec::new, |node| {
                list(&mut c.d, node, "replacements", ReplacementEntry::decode)
            });
            let list = replacements_of(&entries, loader, report)?;
            ("ReplacementTransformer", Work::Replacements(list))
        }
        "ValueAddTransformer" => ("ValueAddTransformer", Work::Values(c.values(loader)?)),
        "HashTransformer" => ("HashTransformer", Work::Hash),
        _ => {
            return Err(Problem::new(
                ProblemKind::BadKustomization,
                node.trace.place,
                format!("kustomize has no {} built in", gvk.kind),
            ));
        }
    };
    match problems.into_iter().next() {
        Some(problem) => Err(Box::new(problem)),
        None => Ok(Some(Transformer {
            kind,
            work,
            configured_by: None,
        })),
    }
}

fn nothing(kind: &'static str) -> Transformer {
    Transformer {
        kind,
        work: Work::Patches(Vec::new()),
        configured_by: None,
    }
}

/// The fields of an object that configures a transformer.
struct Config<'c, 'p> {
    d: Decoder<'p>,
    node: &'c Node,
}

impl Config<'_, '_> {
    fn fields(&mut self) -> Vec<FieldSpec> {
        let node = self.node.get("fieldSpecs");
        node.map_or_else(Vec::new, |node| {
            field_specs(&mut self.d, node, "fieldSpecs")
        })
    }

    fn text(&mut self, key: &str) -> Option<Text> {
        self.d.text(self.node.get(key)?, key)
    }

    fn affixes(&mut self, ends: &[End], fields: &[FieldSpec]) -> Result<Work> {
        if self.node.get("fieldSpecs").is_none() {
            return Err(Problem::new(
                ProblemKind::BadKustomization,
                self.node.trace.place,
                "the transformer needs `fieldSpecs`",
            ));
        }
        let affixes = ends.iter().filter_map(|end| {
            let key = if *end == End::Prefix {
                "prefix"
            } else {
                "suffix"
            };
            Some(Affix {
                end: *end,
                text: self.text(key).filter(|text| !text.text.is_empty())?,
                fields: fields.to_vec(),
            })
        });
        Ok(Work::Affixes(affixes.collect()))
    }

    fn entries(&mut self, key: &str, fields: Vec<FieldSpec>) -> Work {
        let pairs = self
            .node
            .get(key)
            .map_or_else(Vec::new, |node| self.d.pairs(node, key));
        Work::Entries(Entries { pairs, fields })
    }

    fn strategic(&mut self, loader: &mut Loader<'_>) -> Result<Vec<Patch>> {
        let mut patches = Vec::new();
        let paths = self
            .node
            .get("paths")
            .map_or_else(Vec::new, |node| self.d.texts(node, "paths"));
        for path in &paths {
            patches.push(Patch::strategic(path, loader)?);
        }
        let inline = self.text("patches").filter(|text| !text.text.is_empty());
        if let Some(text) = &inline {
            patches.push(Patch::strategic_text(text, loader)?);
        }
        if patches.iter().all(Patch::is_empty) {
            return Err(Problem::new(
                ProblemKind::BadPatch,
                self.node.trace.place,
                "the transformer holds no patch",
            ));
        }
        Ok(patches)
    }

    fn values(&mut self, loader: &mut Loader<'_>) -> Result<Vec<ValueTarget>> {
        let mut nodes: Vec<Node> = Vec::new();
        if let Some(list) = self.node.get("targets") {
            nodes.extend_from_slice(self.d.items(list, "targets"));
        }
        if let Some(path) = self.text("targetFilePath") {
            let file = loader.configuration(&path.text, &path.trace)?;
            let list = file.as_ref().and_then(|node| node.get("targets"));
            nodes.extend_from_slice(list.and_then(Node::as_list).unwrap_or_default());
        }
        let value = self
            .text("value")
            .map(|text| EcoString::from(text.text.trim()));
        let folder = loader.folder.rsplit('/').next().unwrap_or_default();
        let value = value
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| folder.into());
        let mut targets = Vec::new();
        for node in &nodes {
            let field = |key: &str| {
                node.get(key)
                    .and_then(Node::text)
                    .cloned()
                    .unwrap_or_default()
            };
            let path = field("fieldPath");
            let position = field("filePathPosition").parse().unwrap_or(0);
            if path.is_empty() || position < 0 {
                return Err(Problem::new(
                    ProblemKind::BadKustomization,
                    node.trace.place,
                    "a target needs `fieldPath`, and a position that is not negative",
                ));
            }
            let select = node
                .get("selector")
                .map(|node| Selector::decode(&mut self.d, node));
            targets.push(ValueTarget {
                value: value.clone(),
                trace: node.trace.clone(),
                select: select
                    .as_ref()
                    .map(super::selector::Selector::new)
                    .transpose()?,
                path,
                position,
            });
        }
        if targets.is_empty() {
            return Err(Problem::new(
                ProblemKind::BadKustomization,
                self.node.trace.place,
                "the transformer needs `targets`",
            ));
        }
        Ok(targets)
    }
}
