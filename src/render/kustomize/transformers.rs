//! What changes the objects of a kustomization, in the order in which it runs.

use ecow::EcoString;

use super::fieldspec::FieldSpec;
use super::file::{Decoder, Image, Kustomization, ReplacementEntry, Replica, Text, list};
use super::images::Images;
use super::labels::Entries;
use super::loader::Loader;
use super::names::{Affix, End};
use super::namespace::{Namespace, Subjects};
use super::objects::Objects;
use super::patches::{Patch, Types};
use super::problem::{Problem, ProblemKind, Report, Result};
use super::tables::Tables;
use super::values::ValueTarget;
use super::{hash, replacements, replicas};

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

impl Transformer {
    /// Changes the objects.
    pub(super) fn apply(
        &self,
        objects: &mut Objects,
        types: &Types<'_>,
        report: Report<'_>,
    ) -> Result<()> {
        match &self.work {
            Work::Patches(patches) => patches
                .iter()
                .try_for_each(|patch| patch.apply(objects, types, report)),
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
pub(super) fn replacements_of(
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
