//! What changes the objects of a kustomization, in the order in which it runs.

use ecow::EcoString;

use super::super::value::{Node, Scalar, Trace};
use super::fieldspec::FieldSpec;
use super::file::{
    Decoder, Image, Kustomization, Patch as PatchEntry, ReplacementEntry, Replica, Selector, Text,
    field_specs, list,
};
use super::images::Images;
use super::labels::Entries;
use super::loader::Loader;
use super::names::{Affix, End};
use super::namespace::{Namespace, Subjects};
use super::patches::Patch;
use super::problem::{Problem, ProblemKind, Report, Result};
use super::resource::{Objects, Resource};
use super::schema::Schema;
use super::tables::Tables;
use super::{hash, paths, replacements, replicas};

/// A transformer and the name that kustomize has for it.
pub(super) struct Transformer {
    pub(super) kind: &'static str,
    pub(super) work: Work,
    /// For one that a file configures: what the annotation about it says.
    pub(super) configured_by: Option<EcoString>,
}

/// What a transformer does.
pub(super) enum Work {
    Patches(Vec<Patch>),
    Namespace(Namespace),
    Affixes(Vec<Affix>),
    Entries(Entries),
    Replicas(Replica, Vec<FieldSpec>),
    Images(Image, Vec<FieldSpec>),
    Replacements(Vec<ReplacementEntry>),
    Values(Vec<ValueTarget>),
    Hash,
}

/// A field that a value is written to.
pub(super) struct ValueTarget {
    value: EcoString,
    trace: Trace,
    select: Option<super::selector::Selector>,
    path: EcoString,
    position: i64,
}

impl Transformer {
    /// Changes the objects.
    pub(super) fn apply(
        &self,
        objects: &mut Objects,
        schema: &Schema,
        report: Report<'_>,
    ) -> Result<()> {
        match &self.work {
            Work::Patches(patches) => patches
                .iter()
                .try_for_each(|patch| patch.apply(objects, schema, report)),
            Work::Namespace(namespace) => namespace.apply(objects, report),
            Work::Affixes(list) => list
                .iter()
                .try_for_each(|affix| affix.apply(objects, report)),
            Work::Entries(entries) => entries.apply(objects, report),
            Work::Replicas(replica, fields) => replicas::apply(replica, fields, objects),
            Work::Images(image, fields) => Images::new(image, fields).apply(objects).map(drop),
            Work::Replacements(list) => {
                for replacement in list {
                    if let Err(problem) = replacements::apply(replacement, objects) {
                        report(problem)?;
                    }
                }
                Ok(())
            }
            Work::Values(targets) => targets.iter().try_for_each(|target| target.apply(objects)),
            Work::Hash => {
                hash::apply(objects);
                Ok(())
            }
        }
    }
}

/// The transformers that a kustomization's own fields ask for, in their order.
pub(super) fn built_in(
    k: &Kustomization,
    tables: &Tables,
    loader: &mut Loader<'_>,
    report: Report<'_>,
) -> Result<Vec<Transformer>> {
    let mut all = Vec::new();
    let mut add = |kind: &'static str, work: Result<Work>, report: Report<'_>| match work {
        Ok(work) => {
            all.push(Transformer {
                kind,
                work,
                configured_by: None,
            });
            Ok(())
        }
        Err(problem) => report(problem),
    };

    if let Some(first) = k.patches_strategic_merge.first() {
        let mut patches = Vec::new();
        for entry in &k.patches_strategic_merge {
            match Patch::strategic(entry, loader) {
                Ok(patch) => patches.push(patch),
                Err(problem) => report(problem)?,
            }
        }
        if patches.iter().all(Patch::is_empty) {
            report(Problem::new(
                ProblemKind::BadPatch,
                first.trace.place,
                "the files of patchesStrategicMerge hold no patch",
            ))?;
        }
        add(
            "PatchStrategicMergeTransformer",
            Ok(Work::Patches(patches)),
            report,
        )?;
    }
    for entry in &k.patches {
        let patch = Patch::new(entry, loader).map(|patch| Work::Patches(vec![patch]));
        add("PatchTransformer", patch, report)?;
    }
    if let Some(name) = k.namespace.as_ref().filter(|name| !name.text.is_empty()) {
        let namespace = Namespace {
            name: Text {
                text: name.text.clone(),
                trace: name.trace.inexact(),
            },
            fields: tables.namespace.clone(),
            unset_only: false,
            subjects: Subjects::Default,
        };
        add(
            "NamespaceTransformer",
            Ok(Work::Namespace(namespace)),
            report,
        )?;
    }
    for (kind, end, text, fields) in [
        (
            "PrefixTransformer",
            End::Prefix,
            &k.name_prefix,
            &tables.name_prefix,
        ),
        (
            "SuffixTransformer",
            End::Suffix,
            &k.name_suffix,
            &tables.name_suffix,
        ),
    ] {
        if let Some(text) = text.as_ref().filter(|text| !text.text.is_empty()) {
            let affix = Affix {
                end,
                text: text.clone(),
                fields: fields.clone(),
            };
            add(kind, Ok(Work::Affixes(vec![affix])), report)?;
        }
    }
    if !k.labels.is_empty() || !k.common_labels.is_empty() {
        for entries in Entries::labels(k, tables) {
            add("LabelTransformer", entries.map(Work::Entries), report)?;
        }
        if k.common_labels.is_empty() {
            // It runs with nothing to do, and leaves its mark where marks are asked for.
            let nothing = Entries {
                pairs: Vec::new(),
                fields: Vec::new(),
            };
            add("LabelTransformer", Ok(Work::Entries(nothing)), report)?;
        }
    }
    if !k.common_annotations.is_empty() {
        let entries = Entries {
            pairs: k.common_annotations.clone(),
            fields: tables.common_annotations.clone(),
        };
        add("AnnotationsTransformer", Ok(Work::Entries(entries)), report)?;
    }
    for entry in &k.patches_json6902 {
        let patch = Patch::json(entry, loader).map(|patch| Work::Patches(vec![patch]));
        add("PatchJson6902Transformer", patch, report)?;
    }
    for replica in &k.replicas {
        let work = Work::Replicas(replica.clone(), tables.replicas.clone());
        add("ReplicaCountTransformer", Ok(work), report)?;
    }
    for image in &k.images {
        let work = Work::Images(image.clone(), tables.images.clone());
        add("ImageTagTransformer", Ok(work), report)?;
    }
    if !k.replacements.is_empty() {
        let list = replacements_of(&k.replacements, loader, report)?;
        add(
            "ReplacementTransformer",
            Ok(Work::Replacements(list)),
            report,
        )?;
    }
    Ok(all)
}

/// The replacements of a list, those of files read.
fn replacements_of(
    entries: &[ReplacementEntry],
    loader: &mut Loader<'_>,
    report: Report<'_>,
) -> Result<Vec<ReplacementEntry>> {
    let mut all = Vec::new();
    for entry in entries {
        let Some(path) = entry.path.as_ref().filter(|path| !path.text.is_empty()) else {
            all.push(entry.clone());
            continue;
        };
        if entry.source.is_some() || !entry.targets.is_empty() {
            report(Problem::new(
                ProblemKind::BadReplacement,
                entry.trace.place,
                "a replacement has either `path` or source and targets, not both",
            ))?;
            continue;
        }
        match read_replacements(path, loader) {
            Ok(list) => all.extend(list),
            Err(problem) => report(problem)?,
        }
    }
    Ok(all)
}

fn read_replacements(path: &Text, loader: &mut Loader<'_>) -> Result<Vec<ReplacementEntry>> {
    let node = loader.configuration(&path.text, &path.trace)?;
    let mut problems = Vec::new();
    let d = &mut Decoder {
        problems: &mut problems,
        lenient: true,
        converts: true,
    };
    let list = match &node {
        Some(node) if node.as_list().is_some() => {
            list(d, node, "replacements", ReplacementEntry::decode)
        }
        Some(node) if node.as_map().is_some() => vec![ReplacementEntry::decode(d, node)],
        _ => {
            return Err(Problem::new(
                ProblemKind::BadReplacement,
                path.trace.place,
                format!("`{}` holds no replacement", path.text),
            ));
        }
    };
    match problems.into_iter().next() {
        Some(problem) => Err(Box::new(problem)),
        None => Ok(list),
    }
}

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
            entry.patch = c.text("jsonOp");
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

impl ValueTarget {
    fn apply(&self, objects: &mut Objects) -> Result<()> {
        for index in 0..objects.len() {
            let Some(resource) = objects.get_mut(index) else {
                break;
            };
            if let Some(select) = &self.select
                && !select.matches(resource)?
            {
                continue;
            }
            if self.path == "metadata/namespace" {
                let namespace = Namespace {
                    name: Text {
                        text: self.value.clone(),
                        trace: self.trace.clone(),
                    },
                    fields: Vec::new(),
                    unset_only: false,
                    subjects: Subjects::Default,
                };
                namespace.write(resource)?;
                continue;
            }
            let parts = super::fieldspec::split_path(&self.path, '/');
            let root = resource.node_mut();
            let fault = |reason: String| {
                Problem::new(ProblemKind::BadKustomization, self.trace.place, reason)
            };
            let found =
                paths::find(root, &parts, Some(paths::Kind::Scalar), &self.trace).map_err(fault)?;
            for way in &found.ways {
                let Some(node) = paths::follow(root, way) else {
                    continue;
                };
                let Some(old) = node.text().cloned() else {
                    return Err(fault(format!(
                        "a value goes to a scalar, not to {}",
                        node.type_name()
                    )));
                };
                let new = if self.position > 0 {
                    insert_part(&old, self.position - 1, &self.value)
                } else {
                    self.value.clone()
                };
                let trace = self
                    .trace
                    .inexact()
                    .with_trace(&node.trace, "was here before");
                node.overwrite(Scalar::implicit(new), trace);
            }
        }
        objects.renamed();
        Ok(())
    }
}

/// Puts a part into a file path at a position.
fn insert_part(path: &str, position: i64, part: &str) -> EcoString {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let at = usize::try_from(position).unwrap_or(0).min(parts.len());
    parts.insert(at, part);
    let joined = parts.join("/");
    if absolute {
        ecow::eco_format!("/{joined}")
    } else {
        joined.into()
    }
}
