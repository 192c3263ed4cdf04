//! Worlds that the user lists: what each is made from, instead of what can be found.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::inventory::Inventory;
use super::paths::is_below;
use super::plan::{Member, Plan, Repository, WorldPlan, plan};
use crate::load::Loaded;

/// A world that the user lists; paths count from the root of the repository.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What the cluster gets: files, folders, kustomizations, charts, objects of GitOps.
    pub roots: Vec<String>,
    /// What is known there and not reported on.
    pub with: Vec<String>,
}

/// The worlds that the user lists, with those that are found beside them if `keeps_found`. Files that
/// no world reads are told as set aside.
pub fn configured(repository: Repository<'_>, listed: &[Listed], keeps_found: bool) -> Plan {
    let mut whole = Plan::default();
    let mut own: Vec<WorldPlan> = listed.iter().map(|world| of(repository, world)).collect();
    if keeps_found {
        whole = plan(repository);
        let is_listed = |name: &str| own.iter().any(|world| world.name == name);
        whole.worlds.retain(|world| !is_listed(&world.name));
    } else {
        let read: BTreeSet<&String> = own.iter().flat_map(|world| &world.files).collect();
        let unread = repository.files.iter().map(|(path, _)| path);
        whole.set_aside = unread
            .filter(|path| !read.contains(path))
            .map(|path| (path.clone(), "in no world of the configuration".to_owned()))
            .collect();
    }
    own.append(&mut whole.worlds);
    whole.worlds = own;
    whole
}

/// What a world is made from: all that is found in its roots alone.
fn of(repository: Repository<'_>, listed: &Listed) -> WorldPlan {
    let inside =
        |path: &str, folders: &[String]| folders.iter().any(|folder| is_below(path, folder));
    let indices: Vec<usize> = repository
        .files
        .iter()
        .enumerate()
        .filter(|(_, (path, _))| inside(path, &listed.roots))
        .map(|(index, _)| index)
        .collect();
    let files: Vec<(String, Arc<Loaded>)> = indices
        .iter()
        .filter_map(|index| repository.files.get(*index).cloned())
        .collect();
    let mut inventory = Inventory::take(repository.sources, &listed.roots);
    inventory.keep(|path| inside(path, &listed.roots));
    let found = plan(Repository {
        inventory: &inventory,
        files: &files,
        named: &listed.roots,
        ..repository
    });
    let mut world = WorldPlan {
        name: listed.name.clone(),
        roots: listed
            .roots
            .iter()
            .map(|root| super::roots::shown(root))
            .collect(),
        ..WorldPlan::default()
    };
    for part in found.worlds {
        world.kind = world.kind.or(part.kind);
        world.cluster = world.cluster.or(part.cluster);
        world.closed |= part.closed;
        world.unknown.extend(part.unknown);
        world.faults.extend(part.faults);
        world.files.extend(part.files);
        world.unrendered.extend(part.unrendered);
        world.alternatives.extend(part.alternatives);
        world
            .members
            .extend(part.members.into_iter().filter_map(|member| match member {
                Member::File { file, without } => Some(Member::File {
                    file: *indices.get(file)?,
                    without,
                }),
                document @ Member::Document { .. } => Some(document),
            }));
    }
    for (index, (path, _)) in repository.files.iter().enumerate() {
        if inside(path, &listed.with) && !world.files.contains(path) {
            world.context.insert(index);
            world.members.push(Member::File {
                file: index,
                without: Vec::new(),
            });
        }
    }
    world
}
