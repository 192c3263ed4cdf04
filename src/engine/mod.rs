//! The whole pipeline on one page: paths in, report out.

pub(crate) mod finish;
pub mod question;
pub mod render;
pub mod repository;
mod since;
pub mod worlds;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::diagnostics::{
    self, Code, Filter, Finding, Policy, Report, Severity, Summary, Suppression, Unreadable,
};
use crate::input::{self, InputError, InputFile, Patterns, Skipped, Source};
use crate::load::{self, Gap, Loaded, Placements, World, WorldBuilder};
use crate::mesh::istio_version::IstioVersion;
use crate::mesh::{External, Mesh, Quirks, Settings};
use crate::model::Objects;
use crate::model::mesh_config::MeshConfig;
use crate::rules::{self, Timings};

pub use since::Since;

/// What to check and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Files and folders that are read for context and not reported on.
    pub with: Vec<PathBuf>,
    /// Globs of paths to leave out.
    pub exclude: Vec<String>,
    /// Patterns of the configuration for the same.
    pub ignored: Vec<Patterns>,
    /// The namespace of objects that name none. `None`: `default`, and in upstream mode the
    /// namespace with the empty name.
    pub namespace: Option<String>,
    /// A file with a MeshConfig, which wins over what the manifests hold.
    pub mesh_config: Option<PathBuf>,
    /// The same as the configuration gives it, where the command line does not.
    pub configured_mesh_config: Option<MeshConfigSource>,
    /// What exists outside the input.
    pub external: External,
    /// The worlds that the user lists.
    pub configured: Vec<ConfiguredWorld>,
    /// Whether worlds that are found are judged beside those that the user lists; without these
    /// they are.
    pub found_worlds: Option<bool>,
    /// Take each file as it stands: nothing is rendered, and all of them are one world.
    pub no_render: bool,
    /// Only the worlds of these names, which may be globs; empty for all.
    pub worlds: Vec<String>,
    /// What isn't in the input doesn't exist.
    pub closed_world: bool,
    /// Report exactly what Kiali and istioctl report.
    pub upstream: bool,
    /// Whether the opinions of the profile `zero-trust` are wanted.
    pub zero_trust: bool,
    /// Only these codes; empty for all that are on by default.
    pub select: Vec<Code>,
    /// Codes that are not wanted.
    pub ignore: Vec<Code>,
    /// Codes that are not wanted at some objects.
    pub suppress: Vec<Suppression>,
    /// What is made of findings in the end: severities, comments, the baseline.
    pub policy: Policy,
    /// The version of Istio that the manifests are for.
    pub istio_version: IstioVersion,
    /// The time as of which certificates are judged; `None` to take them as valid.
    pub now: Option<Timestamp>,
    /// Keep what is new since a revision alone.
    pub since: Option<Since>,
    /// Threads; 0 for one per core.
    pub threads: usize,
    /// Keep the time of each check in the report.
    pub timings: bool,
}

/// Where a mesh config is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeshConfigSource {
    /// A file.
    File(PathBuf),
    /// Its text, and where that stands.
    Inline(String, String),
}

/// A world that the user lists; what it does not say is as for the run.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredWorld {
    /// Its name.
    pub name: String,
    /// What the cluster gets.
    pub roots: Vec<PathBuf>,
    /// What is known there and not reported on.
    pub with: Vec<PathBuf>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// The mesh config.
    pub mesh_config: Option<MeshConfigSource>,
    /// The version of Istio.
    pub istio_version: Option<IstioVersion>,
    /// What exists outside the input, beside what does for the run.
    pub external: Option<External>,
    /// What isn't in the input doesn't exist.
    pub closed_world: Option<bool>,
}

/// What stops a run before anything is checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path that cannot be read, or a glob that is none.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A glob, option or configuration that makes no sense.
    #[error("{0}")]
    Usage(String),
}

/// What the user points at.
#[derive(Debug, Default)]
pub struct Input {
    /// The sources that hold something to check.
    pub sources: Vec<Arc<Loaded>>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
    /// What may be in what was passed over.
    pub gaps: Vec<Gap>,
    /// All sources, those that were passed over as well.
    pub all: Vec<Arc<Loaded>>,
    /// Files that the system would not let us read.
    pub unreadable: Vec<Unreadable>,
    /// The mesh config that takes the place of every other.
    pub mesh_config: Option<MeshConfig>,
}

/// Checks files and folders: the worlds of a repository each on its own, or what the user names as
/// it stands.
pub fn check(options: &Options) -> Result<Report, Error> {
    with_threads(options.threads, || {
        let mut report = run(options)?;
        if let Some(since) = &options.since {
            since::narrow(&mut report, since, options)?;
        }
        Ok(report)
    })?
}

/// The report of a run, whatever changed.
fn run(options: &Options) -> Result<Report, Error> {
    match repository::open(options)? {
        Some(repository) => {
            let mesh_config = mesh_config_of(options)?;
            worlds::check(&repository, options, mesh_config.as_ref())
        }
        None => Ok(report(load(options)?, options)),
    }
}

/// Checks one text, shown under the name `name`.
pub fn check_text(name: &str, text: &str, options: &Options) -> Report {
    let file = InputFile {
        path: name.into(),
        location: None,
        context: false,
        is_named: true,
    };
    let source = Source::from_bytes(file, text.as_bytes().to_vec());
    let loaded = load::load(source, &load_options(options));
    let selection = load::select([Arc::new(loaded)]);
    let input = Input {
        gaps: selection.all_gaps(),
        sources: selection.sources,
        skipped: selection.skipped,
        all: selection.all,
        ..Input::default()
    };
    report(input, options)
}

/// The most threads that a run may have; more bring nothing and may not start.
const THREADS: usize = 256;

/// Runs `work` on a pool of `threads` threads, 0 for one per core, no more than 256.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let threads = threads.min(THREADS);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(16 * 1024 * 1024)
        .build()
        .map_err(|error| Error::Usage(format!("cannot start {threads} threads: {error}")))?;
    Ok(pool.install(work))
}

/// Reads the input.
pub fn load(options: &Options) -> Result<Input, Error> {
    let mesh_config = mesh_config_of(options)?;
    let inputs = input::collect(&input::Options {
        paths: &options.paths,
        with: &options.with,
        exclude: &options.exclude,
        ignored: &options.ignored,
    })?;
    let how = load_options(options);
    let files = inputs.files.par_iter();
    let reads: Vec<Result<Loaded, InputError>> = files.map(|file| load::read(file, &how)).collect();
    let mut loaded = Vec::with_capacity(reads.len());
    let mut unreadable = Vec::new();
    for read in reads {
        match read {
            Ok(source) => loaded.push(Arc::new(source)),
            Err(error) => unreadable.push(Unreadable {
                message: error.to_string(),
            }),
        }
    }
    let mut selection = load::select(loaded);
    selection.skipped.extend(inputs.skipped);
    Ok(Input {
        gaps: selection.all_gaps(),
        sources: selection.sources,
        skipped: selection.skipped,
        all: selection.all,
        unreadable,
        mesh_config,
    })
}

/// The mesh config that the user gives.
pub fn mesh_config_of(options: &Options) -> Result<Option<MeshConfig>, Error> {
    if let Some(path) = &options.mesh_config {
        return read_mesh_config(path).map(Some);
    }
    let source = options.configured_mesh_config.as_ref();
    source.map(mesh_config_from).transpose()
}

/// Reads a mesh config.
fn mesh_config_from(source: &MeshConfigSource) -> Result<MeshConfig, Error> {
    match source {
        MeshConfigSource::File(path) => read_mesh_config(path),
        MeshConfigSource::Inline(text, place) => serde_yaml::from_str(text).map_err(|error| {
            Error::Usage(format!(
                "{place}: the mesh config cannot be decoded: {error}"
            ))
        }),
    }
}

fn read_mesh_config(path: &std::path::Path) -> Result<MeshConfig, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let reason = input::reason(&error);
        Error::Usage(format!("cannot read the mesh config {shown}: {reason}"))
    })?;
    serde_yaml::from_str(&text).map_err(|error| {
        Error::Usage(format!(
            "the mesh config {shown} cannot be decoded: {error}"
        ))
    })
}

/// The namespace of objects whose manifests name none, and whether the user names it.
pub fn load_options(options: &Options) -> load::Options {
    let assumed = if options.upstream { "" } else { "default" };
    load::Options {
        namespace: options.namespace.as_deref().unwrap_or(assumed).into(),
        is_namespace_given: options.namespace.is_some(),
    }
}

/// The namespace of objects that name none.
pub fn namespace_of(options: &Options) -> crate::model::Str {
    load_options(options).namespace
}

/// The mesh of all sources together.
pub fn mesh(input: &Input, options: &Options) -> Mesh {
    let mut world = WorldBuilder::default();
    let placements = if options.upstream {
        Placements::default()
    } else {
        let root = load::places::root(&options.paths);
        Placements::of(&input.all, root.as_deref())
    };
    for (number, loaded) in (0..).zip(&input.sources) {
        world.add(
            number,
            loaded,
            placements.of_file(loaded.file.location.as_deref()),
        );
    }
    let World {
        objects,
        mut gaps,
        made,
        leads,
        folders,
    } = world.build();
    if !leads.is_empty() {
        let root = load::places::root(&options.paths);
        gaps.extend(load::places::of_leads(&leads, &input.all, root.as_deref()));
    }
    gaps.extend_from_slice(&input.gaps);
    let settings = Settings {
        quirks: Quirks::of_mode(options.upstream),
        closed_world: options.closed_world || options.upstream,
        istio_version: options.istio_version,
        now: options.now,
        mesh_config: input.mesh_config.clone(),
        external: options.external.clone(),
        default_namespace: load_options(options).namespace,
        folders,
        gaps,
        made,
        ..Settings::default()
    };
    Mesh::build(objects, settings)
}

/// What is wrong in a mesh, and with the sources that it was made from.
pub fn judge(
    mesh: &Mesh,
    sources: &[Arc<Loaded>],
    listed: &FxHashSet<PathBuf>,
    filter: &Filter,
) -> (Vec<Finding>, Timings) {
    let mut findings = of_reading(&mesh.objects, sources, listed);
    let (found, timings) = rules::run(mesh, filter);
    findings.extend(found);
    (findings, timings)
}

/// What could not be read of sources, whose objects these are; `listed` are the files that
/// kustomizations list.
pub fn of_reading(
    objects: &Objects,
    sources: &[Arc<Loaded>],
    listed: &FxHashSet<PathBuf>,
) -> Vec<Finding> {
    let numbers = objects.headers.sources();
    numbers
        .filter_map(|(number, first)| Some((number, sources.get(number as usize)?, first)))
        .flat_map(|(number, loaded, first)| {
            let location = loaded.file.location.as_deref();
            let is_listed = location.is_some_and(|file| listed.contains(file));
            diagnostics::of_reading(number, loaded, first, is_listed)
        })
        .collect()
}

/// Which findings the user wants.
pub fn filter_of(options: &Options) -> Filter {
    Filter {
        select: options.select.clone(),
        ignore: options.ignore.clone(),
        suppress: options.suppress.clone(),
        upstream: options.upstream,
        no_ignores: options.policy.no_ignores,
        require_reason: options.policy.comments.require_reason,
        zero_trust: options.zero_trust,
    }
}

/// Judges the input and concludes.
pub fn report(input: Input, options: &Options) -> Report {
    let filter = filter_of(options);
    let mesh = mesh(&input, options);
    let (findings, timings) = judge(
        &mesh,
        &input.sources,
        &load::places::listed(&input.all),
        &filter,
    );
    let mut outcome = diagnostics::conclude(findings, &mesh.objects, &input.sources, &filter);
    let root = load::places::root(&options.paths);
    let is_whole = options.paths.iter().all(|path| path.is_dir());
    finish::plain(
        &mut outcome,
        &input.sources,
        root.as_deref(),
        is_whole,
        &options.policy,
        &filter,
    );
    let count = |severity| {
        let findings = outcome.findings.iter();
        findings.filter(|f| f.severity == severity).count()
    };
    let summary = Summary {
        files: input.sources.iter().filter(|s| s.is_text()).count(),
        objects: mesh.objects.headers.len(),
        namespaces: match mesh.objects.headers.len() {
            0 => 0,
            _ => mesh.places.known_count(),
        },
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        suppressed: outcome.suppressed,
        baselined: outcome.baselined,
        skipped: diagnostics::skipped(&input.skipped, &input.sources),
        ..Summary::default()
    };
    let timings = if options.timings { timings } else { Vec::new() };
    let unreadable = input.unreadable;
    let read = read(&input.sources);
    // To give back a large mesh takes a while that nobody need wait for.
    rayon::spawn(move || drop((mesh, input.sources)));
    Report {
        findings: outcome.findings,
        hidden: outcome.hidden,
        read,
        worlds: Vec::new(),
        summary,
        files: outcome.files,
        timings,
        unreadable,
        unused_suppressions: outcome.unused_suppressions,
    }
}

/// The paths of the sources that were read as manifests.
fn read(sources: &[Arc<Loaded>]) -> Vec<String> {
    let sources = sources
        .iter()
        .filter(|source| source.is_text() && !source.file.context);
    sources.map(|source| source.file.path.to_string()).collect()
}

#[cfg(test)]
mod tests;
