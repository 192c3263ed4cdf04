//! What one entry makes: a kustomization, a file with GitOps objects.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::repository::root_of;
use super::{Error, Options};
use crate::render::gitops::{
    Addresses, Fault, Gitops, Manifests, Root, Unknown, from_problem, hole_name, is_gitops,
    objects_of,
};
use crate::render::{Charts, Disk, Place, Rendered, SourceId, Sources, kustomize};
use crate::worlds::{self, Inventory, WorldKind};
use crate::yaml::Span;

/// What an entry makes.
#[derive(Debug)]
pub struct Rendering {
    /// The files of the repository.
    pub sources: Arc<Sources>,
    /// The objects.
    pub objects: Vec<Rendered>,
    /// The mistakes.
    pub faults: Vec<Fault>,
    /// What is not rendered, and where it is asked for.
    pub unknown: Vec<Unknown>,
    /// More that is worth a line.
    pub notes: Vec<String>,
}

/// Renders the entry at a path.
pub fn render(path: &Path) -> Result<Rendering, Error> {
    let unreadable = |error: std::io::Error| {
        Error::Usage(format!(
            "cannot read {}: {}",
            path.display(),
            crate::input::reason(&error)
        ))
    };
    let full = path.canonicalize().map_err(unreadable)?;
    let folder = if full.is_dir() {
        full.as_path()
    } else {
        full.parent().unwrap_or(&full)
    };
    let root = match root_of(std::slice::from_ref(&full)) {
        Some((root, true)) => root,
        _ => folder.to_owned(),
    };
    let disk = Disk::new(&root).map_err(unreadable)?;
    let below = |path: &Path| {
        let path = path.strip_prefix(disk.root()).unwrap_or(Path::new(""));
        path.to_string_lossy().replace('\\', "/")
    };
    let (file, entry) = (below(&full), below(folder));
    let sources = Arc::new(Sources::new(Box::new(disk)));
    if full.is_file()
        && !kustomize::FILE_NAMES
            .iter()
            .any(|name| full.ends_with(name))
    {
        return gitops(sources, &file, path);
    }
    if kustomize::find_file(&sources, &entry).is_empty()
        && let Some(error) = several_entries(path, &root)
    {
        return Err(error);
    }
    Ok(kustomization(sources, &entry))
}

/// Why a folder without a kustomization can't be rendered: it holds several entries.
fn several_entries(path: &Path, root: &Path) -> Option<Error> {
    let options = Options {
        paths: vec![PathBuf::from(root)],
        ..Options::default()
    };
    let repository = super::repository::open(&options).ok()??;
    let namespace = super::namespace_of(&options);
    let plan = worlds::plan(repository.view(&namespace));
    let is_rendered = |world: &&worlds::WorldPlan| world.kind != Some(WorldKind::Plain);
    let roots = plan
        .worlds
        .iter()
        .filter(is_rendered)
        .flat_map(|world| &world.roots);
    let roots: Vec<&str> = roots.map(String::as_str).take(10).collect();
    if roots.is_empty() {
        return None;
    }
    Some(Error::Usage(format!(
        "{} is no entry itself; entries here are {}",
        path.display(),
        roots.join(", ")
    )))
}

fn kustomization(sources: Arc<Sources>, folder: &str) -> Rendering {
    let options = kustomize::Options::default();
    let built = kustomize::build(&sources, folder, options, &kustomize::Cache::default());
    let start = Place {
        source: SourceId(u32::MAX),
        span: Span::default(),
    };
    Rendering {
        faults: built
            .problems
            .iter()
            .map(|problem| from_problem(problem, start))
            .collect(),
        unknown: built
            .holes
            .iter()
            .map(|hole| Unknown {
                namespace: None,
                because: hole_name(hole.kind, &hole.name),
                place: hole.place,
                cluster: ecow::EcoString::new(),
            })
            .collect(),
        objects: built.objects,
        sources,
        notes: Vec::new(),
    }
}

/// Follows the GitOps objects of a file.
fn gitops(sources: Arc<Sources>, file: &str, shown: &Path) -> Result<Rendering, Error> {
    let Some(source) = sources.open(file) else {
        return Err(Error::Usage(format!("cannot read {}", shown.display())));
    };
    let roots: Vec<Root> = objects_of(source, &sources.text(source))
        .into_iter()
        .filter(|object| is_gitops(&object.identity))
        .map(|object| Root {
            object,
            cluster: ecow::EcoString::new(),
        })
        .collect();
    if roots.is_empty() {
        return Err(Error::Usage(format!(
            "{} holds no object of Flux or Argo CD to follow",
            shown.display()
        )));
    }
    let inventory = Inventory::take(&sources, &[]);
    let manifests = Manifests::read(&sources, inventory.manifests());
    let cache = kustomize::Cache::default();
    let charts = Charts::new(Arc::clone(&sources));
    let output = Gitops {
        sources: &sources,
        cache: &cache,
        addresses: Addresses::find(&sources, &manifests),
        manifests: &manifests,
        lenient: false,
        engines: &charts,
    }
    .follow(roots);
    Ok(Rendering {
        objects: output
            .objects
            .into_iter()
            .map(|made| made.object.rendered)
            .collect(),
        faults: output.faults,
        unknown: Vec::new(),
        notes: output.notes,
        sources,
    })
}
