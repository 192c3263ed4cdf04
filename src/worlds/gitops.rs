//! The worlds of clusters that GitOps objects of the repository fill.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use rustc_hash::{FxHashMap, FxHashSet};

use super::builds::Builds;
use super::clusters::clusters;
use super::group::{Item, Piece};
use super::inventory::Inventory;
use super::kustomizations::Kustomizations;
use super::paths::folder_of;
use super::plan::{Member, Repository, WorldKind, WorldPlan, decides, is_mesh, number, placed};
use super::roots::shown;
use crate::render::Place;
use crate::render::gitops::{
    Addresses, Applied, Gitops, Manifests, Object, Output, Root, is_gitops, objects_of,
};

/// What roots of GitOps reach.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) worlds: Vec<WorldPlan>,
    pub(super) reached_files: BTreeSet<String>,
    pub(super) reached_folders: BTreeSet<String>,
}

/// A root with all that comes of it.
struct Followed {
    /// Where it stands: a file, or the folder of a kustomization.
    entry: String,
    /// The folder in which it stands, for telling clusters.
    folder: String,
    kind: WorldKind,
    is_bootstrap: bool,
    objects: Vec<Object>,
    output: Output,
}

/// Whether an object is a root if nothing renders it: a `HelmRelease` says nothing of how other
/// files are applied.
fn is_root_kind(object: &Object) -> bool {
    is_gitops(&object.identity) && object.identity.kind != "HelmRelease"
        || is_instance_chart(object)
}

/// Whether a `HelmRelease` installs the Flux operator's instance, which stands for a bootstrap.
fn is_instance_chart(object: &Object) -> bool {
    object.identity.kind == "HelmRelease"
        && object
            .node()
            .at(&["spec", "values", "instance", "sync", "path"])
            .is_some()
}

fn is_bootstrap(object: &Object) -> bool {
    matches!(object.identity.kind.as_str(), "FluxInstance")
        || is_instance_chart(object)
        || (object.identity.kind == "Kustomization" && object.identity.name == "flux-system")
}

fn kind_of(object: &Object) -> WorldKind {
    if object.identity.group == "argoproj.io" {
        WorldKind::Argo
    } else {
        WorldKind::Flux
    }
}

/// Finds the worlds that GitOps objects make.
pub(super) fn worlds(
    repository: Repository<'_>,
    inventory: &Inventory,
    kustomizations: &Kustomizations,
    builds: &Builds<'_>,
) -> Found {
    let sources = repository.sources;
    let in_files = repository.files.iter().any(|(path, loaded)| {
        !inventory.is_aside(path)
            && loaded.objects.iter().any(|object| {
                let group = object
                    .header
                    .api_version
                    .split('/')
                    .next()
                    .unwrap_or_default();
                group == "argoproj.io" || group.contains("fluxcd")
            })
    });
    if !in_files {
        return Found::default();
    }
    let paths = repository
        .files
        .iter()
        .map(|(path, _)| path.as_str())
        .filter(|path| !inventory.is_aside(path));
    let manifests = Manifests::read(sources, paths);
    let gitops = Gitops {
        sources,
        cache: builds.cache,
        addresses: Addresses::find(sources, &manifests),
        manifests: &manifests,
        lenient: true,
        engines: repository.engines,
    };
    let mut roots = roots_in_files(&gitops);
    add_kustomizations(&gitops, kustomizations, builds, &mut roots);
    if roots.is_empty() {
        return Found::default();
    }
    add_neighbours(&gitops, &mut roots);
    let mut found = Found::default();
    for root in &roots {
        found
            .reached_files
            .extend(root.output.files.iter().cloned());
        found
            .reached_folders
            .extend(root.output.folders.iter().cloned());
        if sources.files().kind(&root.entry) == Some(crate::render::EntryKind::Folder) {
            found.reached_folders.insert(root.entry.clone());
        } else {
            found.reached_files.insert(root.entry.clone());
        }
    }
    found.worlds = of_clusters(repository, &roots);
    found
}

/// The GitOps objects that no other one renders.
fn roots_in_files(gitops: &Gitops<'_>) -> Vec<Followed> {
    let mut candidates: Vec<(&Object, &str)> = gitops
        .manifests
        .iter()
        .filter(|manifest| is_root_kind(&manifest.object))
        .map(|manifest| (&manifest.object, manifest.file.as_str()))
        .collect();
    // Bootstraps first: most others come of them.
    candidates.sort_by_key(|(object, _)| !is_bootstrap(object));
    let mut rendered: FxHashSet<Place> = FxHashSet::default();
    let mut roots: Vec<Followed> = Vec::new();
    for (object, file) in candidates {
        let place = object.place();
        if rendered.contains(&place) {
            continue;
        }
        let output = gitops.follow([Root {
            object: object.clone(),
            cluster: EcoString::new(),
        }]);
        let made: FxHashSet<Place> = output
            .objects
            .iter()
            .filter(|made| is_gitops(&made.object.identity))
            .map(|made| made.object.place())
            .filter(|made| *made != place)
            .collect();
        // What it renders is no root; of a ring the first stays.
        roots.retain(|root| {
            let own = root.objects.first().map(Object::place);
            !own.is_some_and(|own| made.contains(&own))
        });
        rendered.extend(made);
        roots.push(Followed {
            entry: file.to_owned(),
            folder: folder_of(file).to_owned(),
            kind: kind_of(object),
            is_bootstrap: is_bootstrap(object),
            objects: vec![object.clone()],
            output,
        });
    }
    roots
}

/// Kustomizations that nothing reaches and that make GitOps objects are roots, too.
fn add_kustomizations(
    gitops: &Gitops<'_>,
    kustomizations: &Kustomizations,
    builds: &Builds<'_>,
    roots: &mut Vec<Followed>,
) {
    for folder in kustomizations.leaves() {
        if roots
            .iter()
            .any(|root| root.output.folders.contains(&folder))
        {
            continue;
        }
        let build = builds.of(&folder);
        let objects: Vec<Object> = build
            .objects
            .iter()
            .cloned()
            .filter_map(Object::new)
            .collect();
        let made: Vec<&Object> = objects
            .iter()
            .filter(|object| is_root_kind(object))
            .collect();
        let Some(first) = made.first() else {
            continue;
        };
        let kind = kind_of(first);
        let places: FxHashSet<Place> = made.iter().map(|object| object.place()).collect();
        let mut output = gitops.follow(made.iter().map(|object| Root {
            object: (*object).clone(),
            cluster: EcoString::new(),
        }));
        let bootstrap = made.iter().any(|object| is_bootstrap(object));
        output.files.extend(build.inputs.iter().cloned());
        output.folders.extend(build.folders.iter().cloned());
        for object in &objects {
            output.objects.push(Applied {
                object: object.clone(),
                namespace: None,
                cluster: EcoString::new(),
                step: 0,
            });
        }
        roots.retain(|root| {
            let own = root.objects.first().map(Object::place);
            !own.is_some_and(|own| places.contains(&own))
        });
        roots.push(Followed {
            entry: folder.clone(),
            folder,
            kind,
            is_bootstrap: bootstrap,
            objects,
            output,
        });
    }
}

/// Whatever else stands in the file of a root is applied together with it.
fn add_neighbours(gitops: &Gitops<'_>, roots: &mut [Followed]) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for root in roots {
        if !seen.insert(root.entry.clone()) {
            continue;
        }
        let Some(source) = gitops.sources.open(&root.entry) else {
            continue;
        };
        for object in objects_of(source, &gitops.sources.text(source)) {
            let place = object.place();
            let is_there = root
                .output
                .objects
                .iter()
                .any(|applied| applied.object.place() == place);
            if !is_there {
                root.output.objects.push(Applied {
                    object,
                    namespace: None,
                    cluster: EcoString::new(),
                    step: 0,
                });
            }
        }
    }
}

/// The worlds of the clusters that roots fill.
fn of_clusters(repository: Repository<'_>, roots: &[Followed]) -> Vec<WorldPlan> {
    let pieces: Vec<Piece> = roots.iter().map(|root| piece(repository, root)).collect();
    let clusters = clusters(&pieces);
    let several = clusters.len() > 1;
    let mut worlds: BTreeMap<String, WorldPlan> = BTreeMap::new();
    for cluster in clusters {
        let own: Vec<&Followed> = cluster
            .roots
            .iter()
            .filter_map(|index| roots.get(*index))
            .collect();
        let remotes: BTreeSet<&EcoString> = own
            .iter()
            .flat_map(|root| root.output.objects.iter().map(|made| &made.cluster))
            .chain(
                own.iter()
                    .flat_map(|root| root.output.unknown.iter().map(|hole| &hole.cluster)),
            )
            .collect();
        let has_remotes = remotes.iter().any(|name| !name.is_empty());
        for remote in remotes {
            let name = match (&cluster.name, remote.is_empty()) {
                (_, false) => remote.to_string(),
                (Some(name), true) => name.clone(),
                (None, true) if has_remotes => "in-cluster".to_owned(),
                (None, true) => "main".to_owned(),
            };
            let world = worlds.entry(name.clone()).or_default();
            world.name.clone_from(&name);
            if several || has_remotes {
                world.cluster = Some(name);
            }
            for root in &own {
                add(repository, world, root, remote);
            }
        }
    }
    let mut worlds: Vec<WorldPlan> = worlds.into_values().collect();
    worlds.retain(|world| {
        let has_mesh = world.members.iter().any(|member| match member {
            Member::Document { identity, .. } => is_mesh(&identity.group, &identity.kind),
            Member::File { .. } => true,
        });
        has_mesh || !world.unknown.is_empty() || !world.faults.is_empty()
    });
    worlds
}

/// What tells clusters of a root: its GitOps objects and all that comes of them.
fn piece(repository: Repository<'_>, root: &Followed) -> Piece {
    let mut items: Vec<Item> = Vec::new();
    let mut item = |identity: u64, content: u64| {
        items.push(Item {
            identity,
            content,
            document: 0,
            is_mesh: true,
            decides: true,
        });
    };
    if root.is_bootstrap {
        item(number("bootstrap"), number(&root.entry));
    }
    for object in &root.objects {
        if is_gitops(&object.identity) {
            item(number(&object.identity), number(&*object.rendered.text));
        }
    }
    for made in root
        .output
        .objects
        .iter()
        .filter(|made| made.cluster.is_empty())
    {
        let identity = &made.object.identity;
        if is_gitops(identity) || decides(&identity.group, &identity.kind) {
            let identity = placed(identity, made.namespace.as_deref(), repository.namespace);
            item(number(&identity), number(&*made.object.rendered.text));
        }
    }
    Piece {
        path: root.folder.clone(),
        name: root.entry.clone(),
        items,
        ..Piece::default()
    }
}

/// Adds what a root sends to a cluster to its world.
fn add(repository: Repository<'_>, world: &mut WorldPlan, root: &Followed, cluster: &EcoString) {
    let mut seen: FxHashMap<u64, u64> = FxHashMap::default();
    for member in &world.members {
        if let Member::Document {
            document,
            identity,
            namespace,
        } = member
        {
            let identity = placed(identity, namespace.as_deref(), repository.namespace);
            seen.insert(number(&identity), number(&*document.text));
        }
    }
    let mut has_any = false;
    for made in root
        .output
        .objects
        .iter()
        .filter(|made| made.cluster == *cluster)
    {
        has_any = true;
        if made
            .object
            .metadata("annotations", "argocd.argoproj.io/hook")
            .is_some()
        {
            continue;
        }
        let identity = placed(
            &made.object.identity,
            made.namespace.as_deref(),
            repository.namespace,
        );
        let content = number(&*made.object.rendered.text);
        if seen.insert(number(&identity), content) == Some(content) {
            continue;
        }
        world.members.push(Member::Document {
            document: made.object.rendered.clone(),
            identity: made.object.identity.clone(),
            namespace: made.namespace.clone(),
        });
    }
    let unknown = root
        .output
        .unknown
        .iter()
        .filter(|hole| hole.cluster == *cluster);
    let before = world.unknown.len();
    world.unknown.extend(unknown.cloned());
    has_any |= world.unknown.len() > before;
    let faults = root
        .output
        .faults
        .iter()
        .filter(|fault| fault.cluster == *cluster);
    world.faults.extend(faults.cloned());
    if has_any {
        world.roots.insert(shown(&root.entry));
        world.files.extend(root.output.files.iter().cloned());
        world.kind = Some(world.kind.map_or(root.kind, |kind| kind.min(root.kind)));
    }
}
