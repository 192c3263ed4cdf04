//! The repository around the paths that the user names: its root, its files, and what of it a
//! report is about.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::{Error, Options, load_options};
use crate::diagnostics::Unreadable;
use crate::input::{self, InputError, Skipped};
use crate::load::{self, Gap, Loaded};
use crate::render::gitops::{Object, objects_of};
use crate::render::helm;
use crate::render::value::Node;
use crate::render::{Charts, Disk, Files, Sources};
use crate::worlds::{self, Inventory, is_below};

/// A repository, or the folders that the user names where there is none.
#[derive(Debug)]
pub struct Repository {
    /// Its root, links resolved.
    pub root: PathBuf,
    /// Its files, as renderers read them.
    pub sources: Arc<Sources>,
    /// Its charts.
    pub charts: Charts,
    /// What stands in it, by name.
    pub inventory: Inventory,
    /// The files that hold manifests, with their paths from the root.
    pub files: Vec<(String, Arc<Loaded>)>,
    /// The paths that the user names, from the root; the root itself is empty.
    pub named: Vec<String>,
    /// What stands before a path from the root where it is shown: empty, or ending in `/`.
    pub shown_below: Arc<str>,
    /// Templates among the files, with their paths from the root, and what each seems to hold.
    pub templates: Vec<(String, Vec<Gap>)>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
    /// Files that the system would not let us read.
    pub unreadable: Vec<Unreadable>,
}

impl Repository {
    /// The repository with some of its files as they are told here: what stands in it is the same.
    #[must_use]
    pub fn with_files<'l>(&self, files: impl Iterator<Item = &'l Arc<Loaded>>) -> Self {
        let own: rustc_hash::FxHashMap<&Path, &Arc<Loaded>> = files
            .filter(|loaded| !loaded.file.context && !loaded.text.is_rendered())
            .filter_map(|loaded| Some((loaded.file.location.as_deref()?, loaded)))
            .collect();
        let file = |(path, loaded): &(String, Arc<Loaded>)| {
            let location = loaded.file.location.as_deref();
            let now = location.and_then(|location| own.get(location).copied());
            (path.clone(), Arc::clone(now.unwrap_or(loaded)))
        };
        Self {
            root: self.root.clone(),
            sources: Arc::clone(&self.sources),
            charts: Charts::new(Arc::clone(&self.sources)),
            inventory: self.inventory.clone(),
            files: self.files.iter().map(file).collect(),
            named: self.named.clone(),
            shown_below: Arc::clone(&self.shown_below),
            templates: self.templates.clone(),
            skipped: self.skipped.clone(),
            unreadable: self.unreadable.clone(),
        }
    }

    /// The repository as worlds are found in it; objects that name no namespace go to `namespace`.
    pub fn view<'r>(&'r self, namespace: &'r str) -> worlds::Repository<'r> {
        worlds::Repository {
            sources: &self.sources,
            inventory: &self.inventory,
            files: &self.files,
            named: &self.named,
            namespace,
            engines: &self.charts,
        }
    }
}

/// The root of the repository that the paths are in: the nearest folder with `.git` above all of
/// them, else their lowest common folder. `None` for standard input, and for a single file outside
/// of a repository: such input is a world of its own.
pub fn root_of(paths: &[PathBuf]) -> Option<(PathBuf, bool)> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut has_folder = false;
    for path in paths {
        let path = path.canonicalize().ok()?;
        if path.is_dir() {
            has_folder = true;
            folders.push(path);
        } else if path.is_file() {
            folders.push(path.parent()?.to_owned());
        } else {
            return None;
        }
    }
    let git = |folder: &PathBuf| {
        let mut above = folder.ancestors();
        above
            .find(|above| above.join(".git").exists())
            .map(Path::to_owned)
    };
    let roots: Vec<Option<PathBuf>> = folders.iter().map(git).collect();
    if let Some(Some(first)) = roots.first()
        && roots.iter().all(|root| root.as_ref() == Some(first))
    {
        return Some((first.clone(), true));
    }
    if !has_folder && folders.len() == 1 {
        return None;
    }
    let mut common = folders.first()?.clone();
    for folder in &folders {
        while !folder.starts_with(&common) {
            common.pop();
        }
    }
    Some((common, false))
}

/// Where the texts of a repository come from: the disk, or what an editor holds over it.
pub trait Texts: Sync {
    /// The tree below a folder, as renderers read it.
    fn files(&self, root: &Path) -> std::io::Result<Box<dyn Files>>;

    /// Reads and loads a file.
    fn load(&self, file: &input::InputFile, how: &load::Options)
    -> Result<Arc<Loaded>, InputError>;

    /// Files below a folder that are not on the disk yet.
    fn unsaved(&self, root: &Path) -> Vec<PathBuf>;
}

/// The disk.
#[derive(Debug, Clone, Copy)]
pub struct OnDisk;

impl Texts for OnDisk {
    fn files(&self, root: &Path) -> std::io::Result<Box<dyn Files>> {
        Ok(Box::new(Disk::new(root)?))
    }

    fn load(
        &self,
        file: &input::InputFile,
        how: &load::Options,
    ) -> Result<Arc<Loaded>, InputError> {
        load::read(file, how).map(Arc::new)
    }

    fn unsaved(&self, _: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// Reads the repository around the paths of `options`; `None` where each file stands for itself.
pub fn open(options: &Options) -> Result<Option<Repository>, Error> {
    open_with(options, &OnDisk)
}

/// Reads the repository around the paths of `options` as [`open`] does, from other texts.
pub fn open_with(options: &Options, texts: &dyn Texts) -> Result<Option<Repository>, Error> {
    if options.upstream || options.no_render {
        return Ok(None);
    }
    let Some((root, is_repository)) = root_of(&options.paths) else {
        return Ok(None);
    };
    let (root, is_repository) = around_worlds(root, is_repository, options);
    let files = texts
        .files(&root)
        .map_err(|error| Error::Usage(format!("cannot read {}: {error}", root.display())))?;
    let named: Vec<String> = options
        .paths
        .iter()
        .filter_map(|path| relative(&path.canonicalize().ok()?, &root))
        .collect();
    let sources = Arc::new(Sources::new(files));
    let inventory = Inventory::take(&sources, &named);
    let shown_below = shown_below(&options.paths, &root);
    let mut inputs = input::collect(&input::Options {
        paths: &options.paths,
        with: &options.with,
        exclude: &options.exclude,
        ignored: &options.ignored,
    })?;
    let exclude = input::Exclude::new(&options.exclude, &options.ignored)?;
    if is_repository && !named.iter().any(String::is_empty) {
        add_neighbours(&mut inputs, &inventory, &root, &shown_below, &exclude);
    }
    add_unsaved(&mut inputs, texts, &root, &shown_below, &exclude);
    let is_wanted =
        |path: &str| named.iter().any(|named| is_below(path, named)) || !inventory.is_aside(path);
    let how = load_options(options);
    let reads: Vec<(String, Result<Arc<Loaded>, InputError>)> = inputs
        .files
        .par_iter()
        .filter_map(|file| {
            let path = match &file.location {
                Some(location) => {
                    relative(location, &root).unwrap_or_else(|| file.path.to_string())
                }
                None => file.path.to_string(),
            };
            is_wanted(&path).then(|| (path, texts.load(file, &how)))
        })
        .collect();
    let mut loaded = Vec::with_capacity(reads.len());
    let mut unreadable = Vec::new();
    let mut path_of = rustc_hash::FxHashMap::default();
    for (path, read) in reads {
        match read {
            Ok(source) => {
                path_of.insert(Arc::as_ptr(&source), path);
                loaded.push(source);
            }
            Err(error) => unreadable.push(Unreadable {
                message: error.to_string(),
            }),
        }
    }
    let mut selection = load::select(loaded);
    let mut skipped = std::mem::take(&mut selection.skipped);
    skipped.extend(inputs.skipped);
    let files: Vec<(String, Arc<Loaded>)> = selection
        .sources
        .iter()
        .filter_map(|source| {
            let path = path_of.get(&Arc::as_ptr(source))?.clone();
            Some((path, Arc::clone(source)))
        })
        .collect();
    let versions = api_versions(&sources, &files);
    let templates = selection.templates.into_iter();
    let templates = templates
        .filter_map(|(source, gaps)| Some((path_of.get(&Arc::as_ptr(&source))?.clone(), gaps)))
        .collect();
    Ok(Some(Repository {
        root,
        charts: Charts::with_versions(Arc::clone(&sources), versions),
        sources,
        inventory,
        files,
        named,
        shown_below: shown_below.into(),
        templates,
        skipped,
        unreadable,
    }))
}

/// The API versions that the cluster has by what the repository holds: those of its objects, of its
/// definitions of custom resources, and the kinds of Kubernetes itself, which Helm asks a cluster for.
fn api_versions(sources: &Sources, files: &[(String, Arc<Loaded>)]) -> Vec<String> {
    let mut versions: BTreeSet<String> = helm::KINDS.iter().map(ToString::to_string).collect();
    for (path, loaded) in files {
        let mut has_definitions = false;
        for object in loaded.objects.iter() {
            let (version, kind) = (&object.header.api_version, &object.header.kind);
            has_definitions |= kind == "CustomResourceDefinition";
            if version.contains('/') && !kind.is_empty() {
                versions.insert(version.to_string());
                versions.insert(format!("{version}/{kind}"));
            }
        }
        if has_definitions && let Some(source) = sources.open(path) {
            for definition in objects_of(source, &sources.text(source)) {
                versions.extend(versions_of(&definition));
            }
        }
    }
    versions.into_iter().collect()
}

/// The API versions that a definition of a custom resource brings.
fn versions_of(definition: &Object) -> Vec<String> {
    let node = definition.node();
    let text = |path: &[&str]| node.at(path).and_then(Node::text);
    let (Some(group), Some(kind)) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]))
    else {
        return Vec::new();
    };
    let versions = node.at(&["spec", "versions"]).and_then(Node::as_list);
    let names = versions.into_iter().flatten();
    let names = names.filter_map(|version| version.get("name")?.text());
    names
        .flat_map(|name| [format!("{group}/{name}"), format!("{group}/{name}/{kind}")])
        .collect()
}

/// The root, from which the worlds that the user lists can be reached as well.
fn around_worlds(root: PathBuf, is_repository: bool, options: &Options) -> (PathBuf, bool) {
    if is_repository || options.configured.is_empty() {
        return (root, is_repository);
    }
    let mut common = root;
    let roots = options.configured.iter().flat_map(|world| &world.roots);
    for path in roots.filter_map(|path| path.canonicalize().ok()) {
        while !path.starts_with(&common) {
            common.pop();
        }
    }
    (common, true)
}

/// Adds the files of the repository around the paths that the user names.
fn add_neighbours(
    inputs: &mut input::Inputs,
    inventory: &Inventory,
    root: &Path,
    shown_below: &str,
    exclude: &input::Exclude,
) {
    let known: rustc_hash::FxHashSet<PathBuf> = inputs
        .files
        .iter()
        .filter_map(|file| file.location.clone())
        .collect();
    for path in inventory.manifests() {
        let location = root.join(path);
        if known.contains(&location) || exclude.covers(&location, root) {
            continue;
        }
        inputs.files.push(input::InputFile {
            path: format!("{shown_below}{path}").into(),
            location: Some(location),
            context: false,
            is_named: false,
        });
    }
}

/// Adds the files that are not on the disk yet.
fn add_unsaved(
    inputs: &mut input::Inputs,
    texts: &dyn Texts,
    root: &Path,
    shown_below: &str,
    exclude: &input::Exclude,
) {
    let unsaved = texts.unsaved(root);
    if unsaved.is_empty() {
        return;
    }
    for location in unsaved {
        if let Some(path) = relative(&location, root)
            && !exclude.covers(&location, root)
        {
            inputs.files.push(input::InputFile {
                path: format!("{shown_below}{path}").into(),
                location: Some(location),
                context: false,
                is_named: false,
            });
        }
    }
    inputs.files.sort_by(|a, b| a.path.cmp(&b.path));
}

/// A path from the root, with `/`; `None` for one outside of it.
fn relative(path: &Path, root: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?;
    Some(path.to_str()?.replace('\\', "/"))
}

/// What stands before paths from the root, so that they are shown as the user names paths: from
/// the working directory, or absolute where the user writes absolute paths.
fn shown_below(paths: &[PathBuf], root: &Path) -> String {
    let slashed = |path: &Path| {
        let text = path.to_string_lossy().replace('\\', "/");
        match text.as_str() {
            "" | "." => String::new(),
            text if text.ends_with('/') => text.to_owned(),
            text => format!("{text}/"),
        }
    };
    for path in paths {
        if path.canonicalize().is_ok_and(|full| full == root) {
            let text = slashed(path);
            return text
                .strip_prefix("./")
                .map_or(text.clone(), ToOwned::to_owned);
        }
    }
    if paths.iter().all(|path| path.is_absolute()) {
        return slashed(root);
    }
    let Ok(here) = std::env::current_dir().and_then(|here| here.canonicalize()) else {
        return slashed(root);
    };
    if let Ok(below) = root.strip_prefix(&here) {
        return slashed(below);
    }
    match here.strip_prefix(root) {
        Ok(below) => "../".repeat(below.components().count()),
        Err(_) => slashed(root),
    }
}
