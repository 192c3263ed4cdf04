//! The whole pipeline on one page: paths in, report out.

use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::diagnostics::{
    self, Code, Filter, Finding, Report, ReportFile, Severity, Skipped, Summary, Suppression,
    TextSpan, Unreadable,
};
use crate::input::{self, InputError, InputFile, SkipReason, Source, Surroundings};
use crate::load::{self, Chunk, Loaded};
use crate::mesh::istio_version::IstioVersion;
use crate::mesh::{Mesh, Settings};
use crate::model::{Objects, Str};
use crate::rules;

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
    /// The files.
    pub files: Vec<ReportFile>,
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
    report(
        assemble(
            vec![Ok((source, loaded))],
            Vec::new(),
            Surroundings::default(),
            options,
            None,
        ),
        options,
    )
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
    let surroundings = Surroundings::of(&inputs.files);
    let sources: Vec<_> = inputs
        .files
        .par_iter()
        .map(|file| {
            let source = input::read(file)?;
            let loaded = load_source(&source, options);
            Ok((source, loaded))
        })
        .collect();
    Ok(assemble(
        sources,
        inputs.skipped,
        surroundings,
        options,
        config,
    ))
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

type Read = Result<(Source, Vec<(Chunk, Loaded)>), InputError>;

/// Puts what was read into one mesh, in the order of the files.
fn assemble(
    sources: Vec<Read>,
    skipped: Vec<input::Skipped>,
    mut surroundings: Surroundings,
    options: &Options,
    config: Option<crate::model::mesh_config::MeshConfig>,
) -> Input {
    for (source, chunks) in sources.iter().flatten() {
        let patches = chunks.iter().flat_map(|(_, loaded)| &loaded.patches);
        surroundings.add_patches(source, patches.map(String::as_str));
    }
    let mut input = Input::default();
    let mut objects = Objects::default();
    objects.reserve(
        sources
            .iter()
            .flatten()
            .flat_map(|(_, chunks)| chunks)
            .map(|(_, loaded)| &loaded.objects),
    );
    let mut passed: FxHashMap<SkipReason, Vec<String>> = FxHashMap::default();
    for skip in skipped {
        passed.entry(skip.reason).or_default().push(skip.path);
    }
    let mut unread: FxHashMap<(Str, Str), usize> = FxHashMap::default();
    let mut gaps = Vec::new();
    for read in sources {
        let (source, chunks) = match read {
            Ok(read) => read,
            Err(error) => {
                input.unreadable.push(Unreadable {
                    message: error.to_string(),
                });
                continue;
            }
        };
        let file = u32::try_from(input.files.len()).unwrap_or(u32::MAX);
        if let Some(problem) = source.problem {
            let span = TextSpan {
                file,
                start: 0,
                end: 0,
            };
            if !source.context {
                let message = format!("{} {problem}", source.path);
                input
                    .findings
                    .push(Finding::in_file(Code::MESH0008, span, message));
            }
            input.files.push(ReportFile {
                path: source.path.to_string(),
                text: Arc::default(),
                bom: source.bom,
            });
            continue;
        }
        if let Some(reason) = skip_reason(&source, &chunks, &surroundings) {
            passed
                .entry(reason)
                .or_default()
                .push(source.path.to_string());
            continue;
        }
        input.manifests += 1;
        for (mut chunk, mut loaded) in chunks {
            chunk.file = file;
            let index = u32::try_from(input.chunks.len()).unwrap_or(u32::MAX);
            let offset = u32::try_from(objects.headers.len()).unwrap_or(u32::MAX);
            for header in &mut loaded.objects.headers {
                header.place.chunk = index;
            }
            if !source.context {
                input
                    .findings
                    .extend(loaded.findings.into_iter().map(|mut finding| {
                        if let Some(id) = &mut finding.object {
                            id.0 += offset;
                        }
                        if let Some(span) = &mut finding.span {
                            span.file = file;
                        }
                        finding
                    }));
            }
            for (kind, count) in loaded.unread {
                *unread.entry(kind).or_default() += count;
            }
            gaps.extend(loaded.gaps);
            input.chunks.push(chunk);
            objects.append(loaded.objects);
        }
        input.files.push(ReportFile {
            path: source.path.to_string(),
            text: source.text,
            bom: source.bom,
        });
    }
    input.skipped = skipped_by_reason(passed, unread);
    let settings = Settings {
        upstream: options.upstream,
        closed_world: options.closed_world,
        istio_version: options.istio_version,
        mesh_config: config,
        default_namespace: default_namespace(options).into(),
        gaps,
        ..Settings::default()
    };
    input.mesh = Mesh::build(objects, settings);
    input
}

/// Why a file is no manifest.
fn skip_reason(
    source: &Source,
    chunks: &[(Chunk, Loaded)],
    surroundings: &Surroundings,
) -> Option<SkipReason> {
    let documents: Vec<input::Document<'_>> = chunks
        .iter()
        .flat_map(|(_, loaded)| {
            let objects = loaded.objects.headers.iter().map(|header| input::Document {
                api_version: Some(&header.api_version),
                kind: Some(&header.kind),
                has_metadata: true,
                has_mapping_as_key: loaded.has_mapping_as_key,
            });
            objects.chain(loaded.others.iter().map(|other| input::Document {
                api_version: other.api_version.as_deref(),
                kind: other.kind.as_deref(),
                has_metadata: other.has_metadata,
                has_mapping_as_key: loaded.has_mapping_as_key,
            }))
        })
        .collect();
    let broken = chunks.iter().any(|(_, loaded)| loaded.broken > 0);
    input::classify(
        source,
        input::Content {
            documents: &documents,
            broken,
        },
        surroundings,
    )
}

fn skipped_by_reason(
    passed: FxHashMap<SkipReason, Vec<String>>,
    unread: FxHashMap<(Str, Str), usize>,
) -> Vec<Skipped> {
    let mut passed: Vec<_> = passed.into_iter().collect();
    passed.sort();
    let mut skipped: Vec<Skipped> = passed
        .into_iter()
        .map(|(reason, mut what)| {
            what.sort();
            Skipped {
                reason: reason.words().to_owned(),
                count: what.len(),
                what,
            }
        })
        .collect();
    if !unread.is_empty() {
        let count = unread.values().sum();
        let mut what: Vec<String> = unread
            .into_iter()
            .map(|((version, kind), n)| format!("{n} {kind} ({version})"))
            .collect();
        what.sort();
        skipped.push(Skipped {
            reason: "objects of kinds that no rule reads".to_owned(),
            count,
            what,
        });
    }
    skipped
}

/// Runs the checks and concludes.
pub fn report(input: Input, options: &Options) -> Report {
    let Input {
        files,
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
    Report {
        findings: outcome.findings,
        summary,
        files,
        timings,
        unreadable,
    }
}
