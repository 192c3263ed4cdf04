//! The whole pipeline on one page: paths in, report out.

use std::path::PathBuf;

use rayon::prelude::*;

use crate::diagnostics::{
    self, Code, Filter, Finding, Report, ReportFile, Severity, Skipped, Summary, Suppression,
    Unreadable,
};
use crate::input::{self, InputError, InputFile, Source, Surroundings};
use crate::load::{self, Assembly, Chunk, Loaded, Origin, Read};
use crate::mesh::istio_version::IstioVersion;
use crate::mesh::{Mesh, Settings};
use crate::model::mesh_config::MeshConfig;
use crate::rules;

/// How many files are read before what they hold is put together.
const BATCH: usize = 32;

/// What to check and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Files and folders that are read for context and not reported on.
    pub with: Vec<PathBuf>,
    /// Globs of paths to leave out.
    pub exclude: Vec<String>,
    /// The namespace of objects that name none. `None`: `default`, and in upstream mode the
    /// namespace with the empty name.
    pub namespace: Option<String>,
    /// A file with a MeshConfig, which wins over what the manifests hold.
    pub mesh_config: Option<PathBuf>,
    /// What isn't in the input doesn't exist.
    pub closed_world: bool,
    /// Report exactly what Kiali and istioctl report.
    pub upstream: bool,
    /// Only these codes; empty for all that are on by default.
    pub select: Vec<Code>,
    /// Codes that are not wanted.
    pub ignore: Vec<Code>,
    /// Codes that are not wanted at some objects.
    pub suppress: Vec<Suppression>,
    /// The version of Istio that the manifests are for.
    pub istio_version: IstioVersion,
    /// Threads; 0 for one per core.
    pub threads: usize,
    /// Keep the time of each check in the report.
    pub timings: bool,
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

/// The objects of a run and what became of the files.
#[derive(Debug, Default)]
pub struct Input {
    /// The files; those that can be read again hold no text.
    pub files: Vec<ReportFile>,
    /// Where their text is to be had again.
    pub origins: Vec<Option<Origin>>,
    /// The chunks that they were read in.
    pub chunks: Vec<Chunk>,
    /// The mesh.
    pub mesh: Mesh,
    /// Findings about what could not be read.
    pub findings: Vec<Finding>,
    /// Files that the system would not let us read.
    pub unreadable: Vec<Unreadable>,
    /// What was not checked.
    pub skipped: Vec<Skipped>,
    /// Files that hold objects, or were meant to.
    pub manifests: usize,
}

/// Checks files and folders.
pub fn check(options: &Options) -> Result<Report, Error> {
    with_threads(options.threads, || Ok(report(load(options)?, options)))?
}

/// Checks one text, shown under the name `name`.
pub fn check_text(name: &str, text: &str, options: &Options) -> Report {
    let file = InputFile {
        path: name.into(),
        location: None,
        context: false,
    };
    let source = Source::from_bytes(file, text.as_bytes().to_vec());
    let loaded = load_source(&source, options);
    let mut assembly = Assembly::new(Surroundings::default(), Vec::new());
    assembly.add(Ok((source, loaded)));
    report(build(assembly, options, None), options)
}

/// Runs `work` on a pool of `threads` threads, 0 for one per core.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(16 * 1024 * 1024)
        .build()
        .map_err(|error| Error::Usage(format!("cannot start {threads} threads: {error}")))?;
    Ok(pool.install(work))
}

/// Reads the input and builds the mesh.
pub fn load(options: &Options) -> Result<Input, Error> {
    let config = options
        .mesh_config
        .as_deref()
        .map(mesh_config)
        .transpose()?;
    let inputs = input::collect(&input::Options {
        paths: &options.paths,
        with: &options.with,
        exclude: &options.exclude,
    })?;
    let mut assembly = Assembly::new(Surroundings::of(&inputs.files), inputs.skipped);
    let read = |file: &InputFile| {
        let source = input::read(file)?;
        let loaded = load_source(&source, options);
        Ok((source, loaded))
    };
    // Standard input can be read only once, and is no kustomization.
    for file in inputs
        .files
        .iter()
        .filter(|f| f.location.is_some() && input::is_kustomization_name(&f.path))
    {
        if let Ok((source, chunks)) = read(file) {
            assembly.note_patches(&source, &chunks);
        }
    }
    // While one batch is read, what the one before it held is put together.
    let mut before: Vec<Read> = Vec::new();
    for batch in inputs.files.chunks(BATCH) {
        let (reads, ()) = rayon::join(
            || batch.par_iter().map(read).collect(),
            || before.into_iter().for_each(|read| assembly.add(read)),
        );
        before = reads;
    }
    for read in before {
        assembly.add(read);
    }
    Ok(build(assembly, options, config))
}

fn mesh_config(path: &std::path::Path) -> Result<crate::model::mesh_config::MeshConfig, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::Usage(format!("cannot read the mesh config {shown}: {error}")))?;
    serde_yaml::from_str(&text).map_err(|error| {
        Error::Usage(format!(
            "the mesh config {shown} cannot be decoded: {error}"
        ))
    })
}

/// The namespace of objects whose manifests name none.
fn default_namespace(options: &Options) -> &str {
    match &options.namespace {
        Some(namespace) => namespace,
        None if options.upstream => "",
        None => "default",
    }
}

/// Parses and decodes a file, in parallel where it is large.
fn load_source(source: &Source, options: &Options) -> Vec<(Chunk, Loaded)> {
    if source.problem.is_some() {
        return Vec::new();
    }
    let namespace = default_namespace(options);
    load::split(0, &source.text)
        .into_par_iter()
        .map(|chunk| {
            (
                chunk,
                load::load(chunk, chunk.text(&source.text), source.context, namespace),
            )
        })
        .collect()
}

/// Works out what the objects mean together.
fn build(mut assembly: Assembly, options: &Options, config: Option<MeshConfig>) -> Input {
    if options.namespace.is_some() {
        // The user says where objects stand whose manifests name no namespace.
        for header in &mut assembly.objects.headers {
            header.is_unplaced = false;
        }
    }
    let settings = Settings {
        upstream: options.upstream,
        closed_world: options.closed_world,
        istio_version: options.istio_version,
        mesh_config: config,
        default_namespace: default_namespace(options).into(),
        folders: std::mem::take(&mut assembly.folders),
        gaps: std::mem::take(&mut assembly.gaps),
        ..Settings::default()
    };
    let skipped = assembly.skipped();
    let Assembly {
        objects,
        files,
        origins,
        chunks,
        findings,
        unreadable,
        manifests,
        ..
    } = assembly;
    let mesh = Mesh::build(objects, settings);
    Input {
        files,
        origins,
        chunks,
        mesh,
        findings,
        unreadable,
        skipped,
        manifests,
    }
}

/// Reads again the text of the files that findings speak of.
fn restore_texts(
    files: &mut [ReportFile],
    origins: &[Option<Origin>],
    findings: &[Finding],
    mesh: &Mesh,
    chunks: &[Chunk],
) {
    let file_of = |object| {
        let header = mesh.objects.header(object)?;
        Some(chunks.get(header.place.chunk as usize)?.file)
    };
    let mut wanted = vec![false; files.len()];
    for finding in findings {
        let own = finding.object.and_then(file_of);
        let related = finding.related.iter().filter_map(|r| file_of(r.object));
        for file in own
            .into_iter()
            .chain(related)
            .chain(finding.span.map(|span| span.file))
        {
            if let Some(wanted) = wanted.get_mut(file as usize) {
                *wanted = true;
            }
        }
    }
    files
        .par_iter_mut()
        .zip(origins)
        .zip(wanted)
        .for_each(|((file, origin), wanted)| {
            if let Some(text) = origin.as_ref().filter(|_| wanted).and_then(Origin::read) {
                file.text = text;
            }
        });
}

/// Runs the checks and concludes.
pub fn report(input: Input, options: &Options) -> Report {
    let Input {
        mut files,
        origins,
        chunks,
        mesh,
        mut findings,
        unreadable,
        skipped,
        manifests,
    } = input;
    let filter = Filter {
        select: options.select.clone(),
        ignore: options.ignore.clone(),
        suppress: options.suppress.clone(),
        upstream: options.upstream,
    };
    let (found, timings) = rules::run(&mesh, &filter);
    findings.extend(found);
    restore_texts(&mut files, &origins, &findings, &mesh, &chunks);
    let outcome = diagnostics::conclude(findings, &mesh.objects, &chunks, &files, &filter);
    let count = |severity| {
        outcome
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    };
    let summary = Summary {
        files: manifests,
        objects: mesh.objects.headers.len(),
        namespaces: mesh.namespaces.known_count(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
        suppressed: outcome.suppressed,
        skipped,
    };
    let timings = if options.timings { timings } else { Vec::new() };
    // To give back a large mesh takes a while that nobody need wait for.
    rayon::spawn(move || drop(mesh));
    Report {
        findings: outcome.findings,
        summary,
        files,
        timings,
        unreadable,
    }
}
