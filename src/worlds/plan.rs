//! The plan of a run: which worlds there are, and what each is made from.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hash};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::builds::Builds;
use super::gitops;
use super::group::{self, Item, Piece, PieceKind};
use super::inventory::Inventory;
use super::kustomizations::Kustomizations;
use super::leaves::{self, Leaf, Leaves};
use super::roots::{plain_roots, shown};
use crate::load::Loaded;
use crate::model::kinds::Kind;
use crate::render::gitops::{Engines, Fault, Identity, Unknown};
use crate::render::{Rendered, Sources, kustomize};

/// Worlds beyond this number are not judged.
pub const MOST_WORLDS: usize = 256;

/// What a plan is made from.
#[derive(Clone, Copy)]
pub struct Repository<'r> {
    /// The files of the repository.
    pub sources: &'r Sources,
    /// What stands in it, by name.
    pub inventory: &'r Inventory,
    /// The files that hold manifests, with their paths from the root.
    pub files: &'r [(String, Arc<Loaded>)],
    /// The paths that the user names, from the root; empty for the root itself.
    pub named: &'r [String],
    /// The namespace of objects that name none.
    pub namespace: &'r str,
    /// Renderers of charts and Go templates.
    pub engines: &'r dyn Engines,
}

impl std::fmt::Debug for Repository<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("files", &self.files.len())
            .field("named", &self.named)
            .finish_non_exhaustive()
    }
}

/// The worlds of a repository, and what belongs to none.
#[derive(Debug, Default)]
pub struct Plan {
    /// The worlds: in the order of their names, those of GitOps first.
    pub worlds: Vec<WorldPlan>,
    /// Files and folders that nothing applies, and why.
    pub set_aside: Vec<(String, String)>,
    /// Files that can't be read: what they are, and which.
    pub not_read: Vec<(&'static str, Vec<String>)>,
    /// Worlds that were left out, since there are too many.
    pub left_out: usize,
}

/// What kind of entry makes a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorldKind {
    /// Flux.
    Flux,
    /// Argo CD.
    Argo,
    /// Kustomizations.
    Kustomize,
    /// Helmfiles.
    Helmfile,
    /// Charts.
    Helm,
    /// Manifests as they stand.
    Plain,
    /// Objects read from a cluster.
    Dump,
    /// What no root of GitOps reaches.
    Unreached,
}

impl WorldKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flux => "flux",
            Self::Argo => "argo",
            Self::Kustomize => "kustomize",
            Self::Helmfile => "helmfile",
            Self::Helm => "helm",
            Self::Plain => "plain",
            Self::Dump => "dump",
            Self::Unreached => "unreached",
        }
    }
}

/// One world.
#[derive(Debug, Default)]
pub struct WorldPlan {
    /// Its name; unique.
    pub name: String,
    /// What makes it.
    pub kind: Option<WorldKind>,
    /// Where its entries stand, sorted.
    pub roots: BTreeSet<String>,
    /// The cluster, when GitOps objects name it.
    pub cluster: Option<String>,
    /// Whether what it lacks does not exist.
    pub closed: bool,
    /// What it is made from.
    pub members: Vec<Member>,
    /// What can't be known.
    pub unknown: Vec<Unknown>,
    /// Mistakes that were met.
    pub faults: Vec<Fault>,
    /// Objects that have several definitions in one folder.
    pub alternatives: Vec<Identity>,
    /// Files that it is made from.
    pub files: BTreeSet<String>,
    /// Files of charts that could not be rendered.
    pub unrendered: BTreeSet<String>,
    /// Those of its files that are known and not reported on, by their indices.
    pub context: BTreeSet<usize>,
}

/// What a world holds beyond what its entries render, by what the custom resources in it mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beyond {
    /// Objects that operators make by their source or documentation, as `KIND/NAMESPACE/NAME`.
    pub synthetic: BTreeSet<String>,
    /// What is unknown beside what entries leave open: objects and templates may make more.
    pub unknown: BTreeSet<Open>,
    /// The first world that holds the same, unless it is this one.
    pub same_as: Option<String>,
}

/// Something that may be there, unseen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    /// Its namespace; `*` for any.
    pub namespace: String,
    /// Its kind, where only one is open.
    pub kind: Option<String>,
    /// Its name, where only one is open.
    pub name: Option<String>,
    /// Why.
    pub because: String,
}

/// A part of a world.
#[derive(Debug, Clone)]
pub enum Member {
    /// A file as it stands.
    File {
        /// Its index in [`Repository::files`].
        file: usize,
        /// Indices of the objects that don't belong.
        without: Vec<usize>,
    },
    /// A rendered object.
    Document {
        /// The object.
        document: Rendered,
        /// Who it is.
        identity: Identity,
        /// The namespace that it goes to when it names none.
        namespace: Option<ecow::EcoString>,
    },
}

/// Whether some rule reads objects of this kind.
pub(super) fn is_mesh(group: &str, kind: &str) -> bool {
    Kind::find(group, kind).is_some()
}

/// Whether two definitions tell alternatives.
pub(super) fn decides(group: &str, kind: &str) -> bool {
    is_mesh(group, kind)
        && !matches!(
            (group, kind),
            ("", "Namespace" | "ServiceAccount" | "ConfigMap" | "Secret")
        )
}

/// One number for a value.
pub(super) fn number(value: impl Hash) -> u64 {
    rustc_hash::FxBuildHasher.hash_one(value)
}

/// An identity with the namespace that the object stands in.
pub(super) fn placed(identity: &Identity, namespace: Option<&str>, default: &str) -> Identity {
    let mut identity = identity.clone();
    if identity.namespace.is_empty() {
        let is_namespaced =
            Kind::find(&identity.group, &identity.kind).is_none_or(Kind::is_namespaced);
        if is_namespaced {
            identity.namespace = namespace.unwrap_or(default).into();
        }
    } else if Kind::find(&identity.group, &identity.kind).is_some_and(|kind| !kind.is_namespaced())
    {
        identity.namespace = ecow::EcoString::new();
    }
    identity
}

/// Finds the worlds of a repository.
pub fn plan(repository: Repository<'_>) -> Plan {
    let inventory = repository.inventory;
    let folders = inventory
        .kustomizations
        .iter()
        .filter(|folder| !inventory.is_aside(folder));
    let kustomizations = Kustomizations::read(repository.sources, folders.map(String::as_str));
    let cache = kustomize::Cache::default();
    let builds = Builds::new(repository, &cache);
    let found = gitops::worlds(repository, inventory, &kustomizations, &builds);
    let mut plan = Plan {
        not_read: inventory.not_read.clone(),
        ..Plan::default()
    };
    let leaves = leaves::find(repository, inventory, &kustomizations, &builds, &found);
    plan.set_aside = set_aside(inventory, &leaves, &found.reached_files);
    let has_gitops = !found.worlds.is_empty();
    plan.worlds = found.worlds;
    let mut others = worlds_of(repository, leaves, has_gitops);
    if has_gitops {
        for world in &mut others {
            world.kind = Some(WorldKind::Unreached);
            world.name = if world.name == "main" {
                "unreached".to_owned()
            } else {
                format!("unreached/{}", world.name)
            };
        }
        others.retain(|world| {
            world
                .members
                .iter()
                .any(|member| has_mesh(repository, member))
        });
    }
    plan.worlds.extend(others);
    if let [sole] = plan.worlds.as_mut_slice()
        && sole.kind != Some(WorldKind::Unreached)
    {
        "main".clone_into(&mut sole.name);
    }
    plan.left_out = plan.worlds.len().saturating_sub(MOST_WORLDS);
    plan.worlds.truncate(MOST_WORLDS);
    plan
}

fn has_mesh(repository: Repository<'_>, member: &Member) -> bool {
    match member {
        Member::Document { identity, .. } => is_mesh(&identity.group, &identity.kind),
        Member::File { file, .. } => repository
            .files
            .get(*file)
            .is_some_and(|(_, loaded)| loaded.objects.iter().any(|object| object.body.is_some())),
    }
}

/// What is set aside: folders by their names, and files and components that nothing lists.
fn set_aside(
    inventory: &Inventory,
    leaves: &Leaves,
    reached: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let mut aside: Vec<(String, String)> = inventory
        .aside
        .iter()
        .filter(|(folder, _)| {
            inventory
                .manifests
                .iter()
                .any(|path| super::paths::is_below(path, folder) && !reached.contains(path))
        })
        .map(|(folder, why)| (folder.clone(), (*why).to_owned()))
        .collect();
    aside.extend(leaves.set_aside.iter().cloned());
    aside.sort();
    aside.dedup();
    aside
}

/// The worlds of leaves.
fn worlds_of(repository: Repository<'_>, leaves: Leaves, has_gitops: bool) -> Vec<WorldPlan> {
    let pieces = pieces(repository, &leaves.list);
    let all: BTreeSet<&str> = leaves
        .list
        .iter()
        .flat_map(|leaf| leaf.plain.iter())
        .filter_map(|file| Some(repository.files.get(*file)?.0.as_str()))
        .collect();
    let mut worlds: Vec<WorldPlan> = group::group(&pieces)
        .into_iter()
        .map(|group| world_of(repository, &leaves.list, &pieces, &group, &all))
        .collect();
    if !has_gitops {
        worlds.retain(|world| {
            !world.members.is_empty() || !world.faults.is_empty() || !world.unknown.is_empty()
        });
    }
    worlds
}

/// What grouping needs to know of leaves.
fn pieces(repository: Repository<'_>, leaves: &[Leaf]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = leaves
        .iter()
        .map(|leaf| Piece {
            path: leaf.path.clone(),
            kind: leaf.kind,
            name: leaf.name.clone(),
            environment: leaf.environment.clone(),
            items: items(repository, leaf),
        })
        .collect();
    // What plain objects say is looked at only where another piece has one of the same identity.
    let mut first: FxHashMap<u64, usize> = FxHashMap::default();
    let mut shared: FxHashSet<u64> = FxHashSet::default();
    for (index, piece) in pieces.iter().enumerate() {
        for item in piece.items.iter().filter(|item| item.decides) {
            if *first.entry(item.identity).or_insert(index) != index {
                shared.insert(item.identity);
            }
        }
    }
    if shared.is_empty() {
        return pieces;
    }
    for (piece, leaf) in pieces.iter_mut().zip(leaves) {
        let mut at = leaf.documents.len();
        for file in &leaf.plain {
            let Some((path, loaded)) = repository.files.get(*file) else {
                continue;
            };
            let range = at..at + loaded.objects.len();
            at = range.end;
            let Some(items) = piece.items.get_mut(range) else {
                continue;
            };
            if items.iter().any(|item| shared.contains(&item.identity)) {
                let contents = leaves::contents(repository.sources, path, loaded);
                for (item, content) in items.iter_mut().zip(contents) {
                    item.content = content;
                }
            }
        }
    }
    pieces
}

fn items(repository: Repository<'_>, leaf: &Leaf) -> Vec<Item> {
    let rendered = leaf.documents.iter().map(|document| {
        let identity = placed(
            &document.identity,
            document.namespace.as_deref(),
            repository.namespace,
        );
        Item {
            identity: number(&identity),
            content: number(&*document.rendered.text),
            document: document.written,
            is_mesh: is_mesh(&identity.group, &identity.kind),
            decides: decides(&identity.group, &identity.kind),
        }
    });
    let files = leaf
        .plain
        .iter()
        .filter_map(|file| repository.files.get(*file));
    let plain = files.flat_map(|(path, loaded)| {
        loaded
            .objects
            .iter()
            .enumerate()
            .map(move |(index, object)| {
                let header = &object.header;
                let group = header
                    .api_version
                    .split_once('/')
                    .map_or("", |(group, _)| group);
                let identity = Identity {
                    group: group.into(),
                    kind: header.kind.as_str().into(),
                    namespace: header.namespace.as_str().into(),
                    name: header.name.as_str().into(),
                };
                Item {
                    identity: number(&identity),
                    content: 0,
                    document: number((path.as_str(), index)),
                    is_mesh: object.body.is_some(),
                    decides: decides(group, &header.kind) && !header.name.is_empty(),
                }
            })
    });
    rendered.chain(plain).collect()
}

/// The world of a group of leaves.
fn world_of(
    repository: Repository<'_>,
    leaves: &[Leaf],
    pieces: &[Piece],
    group: &group::Group,
    all: &BTreeSet<&str>,
) -> WorldPlan {
    let mut world = WorldPlan {
        name: group.name.clone(),
        ..WorldPlan::default()
    };
    let mut kind: Option<PieceKind> = None;
    let mut plain: BTreeSet<&str> = BTreeSet::new();
    for (index, without) in &group.pieces {
        let (Some(leaf), Some(piece)) = (leaves.get(*index), pieces.get(*index)) else {
            continue;
        };
        kind = Some(kind.map_or(leaf.kind, |kind| kind.min(leaf.kind)));
        world.unknown.extend(leaf.unknown.iter().cloned());
        world.faults.extend(leaf.faults.iter().cloned());
        world.files.extend(leaf.files.iter().cloned());
        world.unrendered.extend(leaf.unrendered.iter().cloned());
        world.closed |= leaf.kind == PieceKind::Dump;
        if leaf.kind != PieceKind::Plain {
            world.roots.insert(shown(&leaf.path));
        }
        for (at, document) in leaf.documents.iter().enumerate() {
            if !without.contains(&at) {
                world.members.push(Member::Document {
                    document: document.rendered.clone(),
                    identity: document.identity.clone(),
                    namespace: document.namespace.clone(),
                });
            }
        }
        let mut first = leaf.documents.len();
        for file in &leaf.plain {
            let Some((path, loaded)) = repository.files.get(*file) else {
                continue;
            };
            let count = loaded.objects.len();
            let own: Vec<usize> = without
                .iter()
                .filter_map(|at| at.checked_sub(first).filter(|at| *at < count))
                .collect();
            first += count;
            if count > 0 && own.len() == count {
                continue;
            }
            if leaf.kind == PieceKind::Plain {
                plain.insert(path);
            }
            world.files.insert(path.clone());
            world.members.push(Member::File {
                file: *file,
                without: own,
            });
        }
        world
            .alternatives
            .extend(alternatives(repository, leaf, piece));
    }
    world.roots.extend(plain_roots(&plain, all));
    world.kind = kind.map(|kind| match kind {
        PieceKind::Kustomize => WorldKind::Kustomize,
        PieceKind::Helmfile => WorldKind::Helmfile,
        PieceKind::Helm => WorldKind::Helm,
        PieceKind::Plain => WorldKind::Plain,
        PieceKind::Dump => WorldKind::Dump,
    });
    world
}

impl WorldPlan {
    /// The objects of kinds that rules read, where they stand.
    pub fn objects(&self, repository: Repository<'_>) -> BTreeSet<Identity> {
        let mut all = BTreeSet::new();
        for member in &self.members {
            match member {
                Member::Document {
                    identity,
                    namespace,
                    ..
                } => {
                    all.insert(placed(identity, namespace.as_deref(), repository.namespace));
                }
                Member::File { file, without } => {
                    let Some((_, loaded)) = repository.files.get(*file) else {
                        continue;
                    };
                    let objects = loaded.objects.iter().enumerate();
                    let own = objects.filter(|(index, _)| !without.contains(index));
                    all.extend(own.map(|(_, object)| identity_of(&object.header)));
                }
            }
        }
        all
    }
}

/// Who an object of a file is.
fn identity_of(header: &crate::model::Header) -> Identity {
    let group = header.api_version.split_once('/');
    Identity {
        group: group.map_or("", |(group, _)| group).into(),
        kind: header.kind.as_str().into(),
        namespace: header.namespace.as_str().into(),
        name: header.name.as_str().into(),
    }
}

/// Objects that one folder of plain files defines differently.
fn alternatives(repository: Repository<'_>, leaf: &Leaf, piece: &Piece) -> Vec<Identity> {
    if leaf.kind != PieceKind::Plain {
        return Vec::new();
    }
    let mut seen: FxHashMap<u64, usize> = FxHashMap::default();
    let mut twice: BTreeSet<usize> = BTreeSet::new();
    for (index, item) in piece
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.decides)
    {
        if seen.insert(item.identity, index).is_some() {
            twice.insert(index);
        }
    }
    if twice.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut definitions: FxHashMap<Identity, BTreeSet<u64>> = FxHashMap::default();
    for file in &leaf.plain {
        let Some((path, loaded)) = repository.files.get(*file) else {
            continue;
        };
        let contents = leaves::contents(repository.sources, path, loaded);
        for (object, content) in loaded.objects.iter().zip(contents) {
            let header = &object.header;
            let group = header
                .api_version
                .split_once('/')
                .map_or("", |(group, _)| group);
            if decides(group, &header.kind) {
                let identity = Identity {
                    group: group.into(),
                    kind: header.kind.as_str().into(),
                    namespace: header.namespace.as_str().into(),
                    name: header.name.as_str().into(),
                };
                definitions.entry(identity).or_default().insert(content);
            }
        }
    }
    found.extend(
        definitions
            .into_iter()
            .filter(|(_, contents)| contents.len() > 1)
            .map(|(identity, _)| identity),
    );
    found.sort();
    found
}
