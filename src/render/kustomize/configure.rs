//! Files that add to the tables: `configurations` and `crds`.

use ecow::EcoString;

use super::super::value::Node;
use super::fieldspec::FieldSpec;
use super::file::{Decoder, Text, field_specs, list};
use super::identity::Gvk;
use super::loader::Loader;
use super::problem::{Problem, ProblemKind, Result};
use super::tables::{References, Tables};

const FIELDS: &[&str] = &[
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "volumeClaimTemplateLabels",
    "commonAnnotations",
    "nameReference",
    "varReference",
    "images",
    "replicas",
];

/// Reads one file of `configurations`.
pub(super) fn configuration(path: &Text, loader: &mut Loader<'_>) -> Result<Tables> {
    let mut problems = Vec::new();
    let mut tables = Tables::default();
    if let Some(node) = loader.configuration(&path.text, &path.trace)? {
        let d = &mut Decoder {
            problems: &mut problems,
            lenient: false,
            converts: true,
        };
        for (name, entry) in d.fields(&node, "a configuration") {
            let value = &entry.value;
            let field = entry.key.text.as_str();
            let table = match name.as_str() {
                "nameprefix" => &mut tables.name_prefix,
                "namesuffix" => &mut tables.name_suffix,
                "namespace" => &mut tables.namespace,
                "commonlabels" => &mut tables.common_labels,
                "labels" => &mut tables.labels,
                "templatelabels" => &mut tables.template_labels,
                "volumeclaimtemplatelabels" => &mut tables.claim_labels,
                "commonannotations" => &mut tables.common_annotations,
                "varreference" => &mut tables.variables,
                "images" => &mut tables.images,
                "replicas" => &mut tables.replicas,
                "namereference" => {
                    tables.references = list(d, value, field, references);
                    continue;
                }
                _ => {
                    d.unknown(entry, FIELDS);
                    continue;
                }
            };
            *table = field_specs(d, value, field);
        }
    }
    match problems.into_iter().next() {
        Some(problem) => Err(Box::new(problem)),
        None => Ok(tables),
    }
}

fn references(d: &mut Decoder<'_>, node: &Node) -> References {
    let mut references = References {
        target: Gvk::default(),
        fields: Vec::new(),
    };
    for (name, entry) in d.fields(node, "nameReference") {
        let mut text = || {
            let text = d.text(&entry.value, &entry.key.text);
            text.map(|text| text.text).unwrap_or_default()
        };
        match name.as_str() {
            "group" => references.target.group = text(),
            "version" => references.target.version = text(),
            "kind" => references.target.kind = text(),
            "fieldspecs" => references.fields = field_specs(d, &entry.value, "fieldSpecs"),
            _ => d.unknown(entry, &["group", "version", "kind", "fieldSpecs"]),
        }
    }
    references
}

/// References between types that a file of `crds` may nest.
const DEEPEST: usize = 32;

/// Reads one file of `crds`.
pub(super) fn crds(path: &Text, loader: &mut Loader<'_>) -> Result<Tables> {
    let mut tables = Tables::default();
    let Some(root) = loader.configuration(&path.text, &path.trace)? else {
        return Ok(tables);
    };
    let Some(types) = root.as_map() else {
        return Err(Problem::new(
            ProblemKind::BadKustomization,
            root.trace.place,
            format!(
                "definitions of types are a mapping, not {}",
                root.type_name()
            ),
        ));
    };
    for entry in types {
        let Some(properties) = properties(&entry.value) else {
            continue;
        };
        if !["kind", "apiVersion", "metadata"]
            .iter()
            .all(|name| properties.get(name).is_some())
        {
            continue;
        }
        let kind = entry.key.text.rsplit('.').next().unwrap_or_default();
        let gvk = Gvk {
            kind: kind.into(),
            ..Gvk::default()
        };
        let mut budget = 10_000;
        collect(
            &root,
            &entry.value,
            &gvk,
            &mut Vec::new(),
            &mut tables,
            &mut budget,
        )
        .map_err(|spec| {
            Problem::new(
                ProblemKind::BadKustomization,
                entry.key.trace.place,
                format!("the field {} is configured in two ways", spec.path),
            )
        })?;
    }
    Ok(tables)
}

fn properties(definition: &Node) -> Option<&Node> {
    let schema = definition
        .get("Schema")
        .or_else(|| definition.get("schema"))?;
    schema.get("properties")
}

fn collect(
    root: &Node,
    definition: &Node,
    gvk: &Gvk,
    path: &mut Vec<EcoString>,
    tables: &mut Tables,
    budget: &mut u32,
) -> std::result::Result<(), FieldSpec> {
    let list = properties(definition).and_then(Node::as_map);
    for entry in list.into_iter().flat_map(|map| map.iter()) {
        let Some(left) = budget.checked_sub(1) else {
            return Ok(());
        };
        *budget = left;
        path.push(entry.key.text.clone());
        let property = &entry.value;
        let text = |name: &str| property.get(name).and_then(Node::text);
        let spec = |path: &[EcoString]| FieldSpec::new(gvk.clone(), &path.join("/"), false);
        if text("x-kubernetes-annotation").is_some() {
            spec(path).merge(&mut tables.common_annotations)?;
        }
        if text("x-kubernetes-label-selector").is_some() {
            spec(path).merge(&mut tables.common_labels)?;
        }
        if text("x-kubernetes-identity").is_some() {
            spec(path).merge(&mut tables.name_prefix)?;
        }
        if let (Some(version), Some(kind)) = (
            text("x-kubernetes-object-ref-api-version"),
            text("x-kubernetes-object-ref-kind"),
        ) {
            let key = text("x-kubernetes-object-ref-name-key");
            path.push(key.cloned().unwrap_or_else(|| "name".into()));
            tables.refer(&References {
                target: Gvk {
                    version: version.clone(),
                    kind: kind.clone(),
                    ..Gvk::default()
                },
                fields: vec![spec(path)],
            })?;
            path.pop();
        }
        if path.len() < DEEPEST
            && let Some(next) = text("$ref").and_then(|name| root.get(name))
        {
            collect(root, next, gvk, path, tables, budget)?;
        }
        path.pop();
    }
    Ok(())
}
