//! The worlds of a repository: for people, and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::rendered::Places;
use crate::diagnostics::code_of_fault;
use crate::render::gitops::Identity;
use crate::worlds::{Beyond, Plan, Repository, WorldKind, WorldPlan};

/// An object as `KIND/NAMESPACE/NAME`.
fn id(identity: &Identity) -> String {
    format!("{}/{}/{}", identity.kind, identity.namespace, identity.name)
}

fn is_mesh(identity: &Identity) -> bool {
    crate::model::kinds::Kind::find(&identity.group, &identity.kind).is_some()
}

/// Writes the worlds as JSON.
pub fn write_json(
    plan: &Plan,
    repository: Repository<'_>,
    root: &str,
    beyond: &[Beyond],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places = Places::new(repository.sources);
    let none = Beyond::default();
    let worlds: Vec<Json> = plan
        .worlds
        .iter()
        .enumerate()
        .map(|(index, world)| {
            let beyond = beyond.get(index).unwrap_or(&none);
            describe(world, repository, beyond, &mut places)
        })
        .collect();
    let aside: Vec<Json> = plan
        .set_aside
        .iter()
        .map(|(path, because)| json!({"path": path, "because": because}))
        .collect();
    let not_read: Vec<Json> = plan
        .not_read
        .iter()
        .map(|(what, paths)| json!({"path": common(paths), "count": paths.len(), "because": what}))
        .collect();
    let document = json!({
        "version": 1,
        "root": root,
        "worlds": worlds,
        "setAside": aside,
        "notRead": not_read,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn describe(
    world: &WorldPlan,
    repository: Repository<'_>,
    beyond: &Beyond,
    places: &mut Places<'_>,
) -> Json {
    let objects = world.objects(repository);
    let mesh: Vec<String> = objects
        .iter()
        .filter(|object| is_mesh(object))
        .map(id)
        .collect();
    let mut unknown: Vec<Json> = world
        .unknown
        .iter()
        .map(|unknown| {
            let at = places.at(unknown.place);
            json!({
                "namespace": unknown.namespace.as_deref().unwrap_or("*"),
                "because": unknown.because,
                "by": {"file": &*at.file, "line": at.line},
            })
        })
        .collect();
    let more = beyond.unknown.iter();
    unknown.extend(more.map(|open| {
        let mut entry = json!({"namespace": open.namespace, "because": open.because});
        for (key, value) in [("kind", &open.kind), ("name", &open.name)] {
            if let (Some(value), Some(entry)) = (value, entry.as_object_mut()) {
                entry.insert(key.to_owned(), json!(value));
            }
        }
        entry
    }));
    let errors: Vec<Json> = world
        .faults
        .iter()
        .map(|fault| {
            let at = places.at(fault.place);
            json!({
                "code": code_of_fault(fault.kind),
                "file": &*at.file,
                "line": at.line,
                "message": fault.message,
            })
        })
        .collect();
    json!({
        "name": world.name,
        "kind": world.kind.map_or("plain", WorldKind::word),
        "roots": world.roots,
        "cluster": world.cluster,
        "closed": world.closed,
        "sameAs": beyond.same_as.iter().collect::<Vec<_>>(),
        "objects": mesh,
        "counts": {"objects": objects.len(), "mesh": mesh.len(), "files": world.files.len()},
        "synthetic": beyond.synthetic,
        "alternatives": world.alternatives.iter().map(id).collect::<Vec<_>>(),
        "unknown": unknown,
        "errors": errors,
    })
}

/// A pattern that holds all paths.
fn common(paths: &[String]) -> String {
    let [sole] = paths else {
        let folders = paths
            .iter()
            .map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder));
        let mut common: Option<Vec<&str>> = None;
        for folder in folders {
            let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            common = Some(match common {
                None => parts,
                Some(known) => known
                    .into_iter()
                    .zip(parts)
                    .take_while(|(a, b)| a == b)
                    .map(|(a, _)| a)
                    .collect(),
            });
        }
        let folder = common.unwrap_or_default().join("/");
        let extensions: BTreeSet<&str> = paths
            .iter()
            .filter_map(|path| path.rsplit('/').next()?.split_once('.').map(|(_, end)| end))
            .collect();
        let extension = match extensions.iter().next() {
            Some(extension) if extensions.len() == 1 => format!("*.{extension}"),
            _ => "*".to_owned(),
        };
        return if folder.is_empty() {
            format!("**/{extension}")
        } else {
            format!("{folder}/**/{extension}")
        };
    };
    sole.clone()
}

/// Writes the worlds for people.
pub fn write_human(
    plan: &Plan,
    repository: Repository<'_>,
    beyond: &[Beyond],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places = Places::new(repository.sources);
    let none = Beyond::default();
    for (index, world) in plan.worlds.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let beyond = beyond.get(index).unwrap_or(&none);
        human(world, repository, beyond, &mut places, out)?;
    }
    if !plan.set_aside.is_empty() || !plan.not_read.is_empty() {
        writeln!(out)?;
    }
    for (path, because) in &plan.set_aside {
        writeln!(out, "set aside  {path} ({because})")?;
    }
    for (what, paths) in &plan.not_read {
        writeln!(out, "not read   {} ({} {what})", common(paths), paths.len())?;
    }
    Ok(())
}

fn human(
    world: &WorldPlan,
    repository: Repository<'_>,
    beyond: &Beyond,
    places: &mut Places<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let objects = world.objects(repository);
    let mesh = objects.iter().filter(|object| is_mesh(object)).count();
    let namespaces: BTreeSet<&str> = objects
        .iter()
        .map(|object| object.namespace.as_str())
        .filter(|namespace| !namespace.is_empty())
        .collect();
    let kind = world.kind.map_or("plain", WorldKind::word);
    let roots: Vec<&str> = world.roots.iter().map(String::as_str).collect();
    writeln!(out, "{}  {kind}  {}", world.name, listed(&roots, 3))?;
    writeln!(
        out,
        "      {}, {mesh} of the mesh, in {}",
        counted(objects.len(), "object"),
        counted(namespaces.len(), "namespace")
    )?;
    let mut by_reason: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for unknown in &world.unknown {
        by_reason
            .entry(unknown.because.clone())
            .or_default()
            .insert(unknown.namespace.as_deref().unwrap_or("*"));
    }
    for open in &beyond.unknown {
        by_reason
            .entry(open.because.clone())
            .or_default()
            .insert(&open.namespace);
    }
    for (because, namespaces) in by_reason {
        let namespaces: Vec<&str> = namespaces.into_iter().collect();
        writeln!(out, "      unknown  {}: {because}", listed(&namespaces, 3))?;
    }
    if let Some(first) = &beyond.same_as {
        writeln!(out, "      same as  {first}")?;
    }
    let synthetic: Vec<&str> = beyond.synthetic.iter().map(String::as_str).collect();
    if !synthetic.is_empty() {
        writeln!(out, "      made     {}", listed(&synthetic, 3))?;
    }
    let alternatives: Vec<String> = world.alternatives.iter().map(id).collect();
    let alternatives: Vec<&str> = alternatives.iter().map(String::as_str).collect();
    if !alternatives.is_empty() {
        writeln!(
            out,
            "      several definitions of {}",
            listed(&alternatives, 3)
        )?;
    }
    for fault in &world.faults {
        let at = places.at(fault.place);
        let code = code_of_fault(fault.kind);
        writeln!(
            out,
            "      error[{code}] {}:{}: {}",
            at.file, at.line, fault.message
        )?;
    }
    Ok(())
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

/// The first few of some names, and how many more there are.
fn listed(names: &[&str], most: usize) -> String {
    let shown = names
        .iter()
        .take(most)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
