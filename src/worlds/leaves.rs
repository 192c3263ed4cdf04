//! The entries that nothing in the repository renders or lists: kustomizations, charts, folders of
//! plain manifests, dumps of clusters.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecow::EcoString;

use super::builds::Builds;
use super::gitops::Found;
use super::group::PieceKind;
use super::inventory::Inventory;
use super::kustomizations::Kustomizations;
use super::paths::{folder_of, is_below};
use super::plan::{Repository, number};
use crate::load::Loaded;
use crate::render::gitops::{
    Addresses, Fault, Gitops, Identity, Manifests, Object, Root, Unknown, from_problem, hole_name,
    objects_of,
};
use crate::render::{Place, Rendered, Sources, kustomize};
use crate::yaml::{Node, Tree};

/// A rendered object of a leaf.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) rendered: Rendered,
    pub(super) identity: Identity,
    pub(super) namespace: Option<EcoString>,
    /// Stands for the document that it is made from.
    pub(super) written: u64,
}

/// An entry.
#[derive(Debug, Default)]
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) kind: PieceKind,
    pub(super) name: String,
    pub(super) environment: Option<String>,
    /// What it renders.
    pub(super) documents: Vec<Document>,
    /// Files that it has as they stand, by their index.
    pub(super) plain: Vec<usize>,
    /// Paths of all files that it is made from.
    pub(super) files: BTreeSet<String>,
    /// Files of charts that could not be rendered.
    pub(super) unrendered: BTreeSet<String>,
    pub(super) unknown: Vec<Unknown>,
    pub(super) faults: Vec<Fault>,
}

/// The leaves, and what belongs to none.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    pub(super) list: Vec<Leaf>,
    /// Files that nothing applies, and why.
    pub(super) set_aside: Vec<(String, String)>,
}

/// Finds the leaves that no root of GitOps reaches.
pub(super) fn find(
    repository: Repository<'_>,
    inventory: &Inventory,
    kustomizations: &Kustomizations,
    builds: &Builds<'_>,
    found: &Found,
) -> Leaves {
    let mut leaves = Leaves::default();
    let mut used: BTreeSet<String> = found.reached_files.clone();
    for folder in kustomizations.leaves() {
        if found.reached_folders.contains(&folder) {
            continue;
        }
        let leaf = kustomization(repository, &folder, builds);
        used.extend(leaf.files.iter().cloned());
        leaves.list.push(leaf);
    }
    for folder in kustomizations.unused_components() {
        if !found.reached_folders.contains(&folder) {
            leaves
                .set_aside
                .push((folder, "a component that no kustomization uses".to_owned()));
        }
    }
    let helmfiles = super::helmfiles::find(repository, inventory, found);
    let charts = super::charts::find(repository, inventory, found, &helmfiles.folders);
    for leaf in helmfiles.leaves.iter().chain(&charts) {
        used.extend(leaf.files.iter().cloned());
    }
    leaves.list.extend(helmfiles.leaves);
    leaves.list.extend(charts);
    plain(repository, inventory, kustomizations, &used, &mut leaves);
    follow_releases(repository, builds.cache, &mut leaves.list);
    leaves
}

/// The leaf of a kustomization.
fn kustomization(repository: Repository<'_>, folder: &str, builds: &Builds<'_>) -> Leaf {
    let build = builds.of(folder);
    let namespace = namespace_of(repository.sources, folder);
    let start = start_of(repository.sources, folder);
    let mut leaf = Leaf {
        path: folder.to_owned(),
        kind: PieceKind::Kustomize,
        name: folder.rsplit('/').next().unwrap_or_default().to_owned(),
        files: build.inputs.clone(),
        ..Leaf::default()
    };
    for hole in &build.holes {
        leaf.unknown.push(Unknown {
            namespace: hole.namespace.as_deref().map(Into::into),
            because: hole_name(hole.kind, &hole.name),
            place: hole.place,
            cluster: EcoString::new(),
        });
    }
    for problem in &build.problems {
        let fault = from_problem(problem, start);
        leaf.unknown.push(Unknown {
            namespace: namespace.clone(),
            because: fault.message.clone(),
            place: fault.place,
            cluster: EcoString::new(),
        });
        leaf.faults.push(fault);
    }
    let objects = build.objects.iter().cloned().filter_map(Object::new);
    leaf.documents = objects.map(|object| document(&object, None)).collect();
    leaf
}

/// A rendered object as a document of a leaf.
pub(super) fn document(object: &Object, namespace: Option<&EcoString>) -> Document {
    let place = object.place();
    Document {
        written: number((place.source, place.span)),
        rendered: object.rendered.clone(),
        identity: object.identity.clone(),
        namespace: namespace.cloned(),
    }
}

/// The namespace that a kustomization sets.
fn namespace_of(sources: &Sources, folder: &str) -> Option<EcoString> {
    let path = kustomize::find_file(sources, folder).into_iter().next()?;
    let text = sources.text(sources.open(&path)?);
    let tree = Tree::parse(&text);
    let root = tree.root(tree.documents().first()?)?;
    let namespace = root.get("namespace").and_then(Node::text)?;
    (!namespace.is_empty()).then(|| namespace.into())
}

/// The beginning of a kustomization's file.
fn start_of(sources: &Sources, folder: &str) -> Place {
    let path = kustomize::find_file(sources, folder).into_iter().next();
    let source = path.and_then(|path| sources.open(&path));
    Place {
        source: source.unwrap_or(crate::render::SourceId(u32::MAX)),
        span: crate::yaml::Span::default(),
    }
}

/// The leaves of plain manifests, one a folder, and of dumps, one a file.
fn plain(
    repository: Repository<'_>,
    inventory: &Inventory,
    kustomizations: &Kustomizations,
    used: &BTreeSet<String>,
    leaves: &mut Leaves,
) {
    let mut folders: BTreeMap<&str, Leaf> = BTreeMap::new();
    for (index, (path, loaded)) in repository.files.iter().enumerate() {
        if used.contains(path) || inventory.is_aside(path) {
            continue;
        }
        if loaded.objects.is_empty() && loaded.is_text() && !loaded.is_broken {
            continue;
        }
        let folder = folder_of(path);
        if inventory.charts.iter().any(|chart| is_below(path, chart)) {
            continue;
        }
        let is_named = repository.named.iter().any(|named| named == path);
        if kustomizations.has(folder) && !is_named {
            leaves
                .set_aside
                .push((path.clone(), "no kustomization lists it".to_owned()));
            continue;
        }
        if loaded.is_dump() {
            leaves.list.push(Leaf {
                path: path.clone(),
                kind: PieceKind::Dump,
                name: path.clone(),
                plain: vec![index],
                files: BTreeSet::from([path.clone()]),
                ..Leaf::default()
            });
            continue;
        }
        let leaf = folders.entry(folder).or_insert_with(|| Leaf {
            path: folder.to_owned(),
            name: folder.to_owned(),
            ..Leaf::default()
        });
        leaf.plain.push(index);
        leaf.files.insert(path.clone());
    }
    leaves.list.extend(folders.into_values());
}

/// Installs the charts of `HelmReleases` that leaves hold.
fn follow_releases(repository: Repository<'_>, cache: &kustomize::Cache, leaves: &mut [Leaf]) {
    let sources = repository.sources;
    // Most repositories without GitOps have no releases either, and nothing to look up.
    let looked_up = LazyCell::new(|| {
        let paths = repository.files.iter().map(|(path, _)| path.as_str());
        let manifests = Manifests::read(sources, paths);
        let addresses = Addresses::find(sources, &manifests);
        (manifests, addresses)
    });
    for leaf in leaves {
        let releases = releases(repository, leaf);
        if releases.is_empty() {
            continue;
        }
        let (manifests, addresses) = &*looked_up;
        let gitops = Gitops {
            sources,
            cache,
            addresses: addresses.clone(),
            manifests,
            lenient: true,
            engines: repository.engines,
        };
        let output = gitops.follow(releases.into_iter().map(|object| Root {
            object,
            cluster: EcoString::new(),
        }));
        leaf.unknown.extend(output.unknown);
        leaf.faults.extend(output.faults);
        leaf.files.extend(output.files);
        let made = output.objects.iter();
        leaf.documents
            .extend(made.map(|made| document(&made.object, made.namespace.as_ref())));
    }
}

/// The `HelmReleases` of a leaf.
fn releases(repository: Repository<'_>, leaf: &Leaf) -> Vec<Object> {
    const GROUP: &str = "helm.toolkit.fluxcd.io";
    const KIND: &str = "HelmRelease";
    let rendered = leaf
        .documents
        .iter()
        .filter(|document| document.identity.group == GROUP && document.identity.kind == KIND)
        .filter_map(|document| Object::new(document.rendered.clone()));
    let files = leaf
        .plain
        .iter()
        .filter_map(|file| repository.files.get(*file));
    let filed = files
        .filter(|(_, loaded)| {
            loaded
                .objects
                .iter()
                .any(|object| object.header.kind == KIND)
        })
        .filter_map(|(path, _)| repository.sources.open(path))
        .flat_map(|source| objects_of(source, &repository.sources.text(source)))
        .filter(|object| object.is(GROUP, KIND));
    rendered.chain(filed).collect()
}

/// One number for what each object of a file says, whatever the order of its fields.
pub(super) fn contents(sources: &Sources, path: &str, loaded: &Arc<Loaded>) -> Vec<u64> {
    let Some(source) = sources.open(path) else {
        return Vec::new();
    };
    let objects = objects_of(source, &sources.text(source));
    let mut numbers: Vec<u64> = objects
        .iter()
        .map(|object| number(&*object.rendered.text))
        .collect();
    // Objects that could not be read as such keep a number of their own.
    numbers.resize(loaded.objects.len(), number(path));
    numbers
}
