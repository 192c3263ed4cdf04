//! The worlds of a run: planned, built, judged each on its own, and united.

use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::path::PathBuf;
use std::sync::Arc;

use globset::GlobBuilder;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::repository::Repository;
use super::{ConfiguredWorld, Error, Options, filter_of, judge, load_options, namespace_of};
use crate::diagnostics::{self, Judged, Outcome, Policy, Report, Severity, Summary, WorldSummary};
use crate::input::{InputFile, SkipReason, Skipped};
use crate::load::{self, Gap, Loaded, Placement, RenderedText, World, WorldBuilder};
use crate::mesh::{Elsewhere, Mesh, Others, Settings};
use crate::model::Str;
use crate::model::mesh_config::MeshConfig;
use crate::model::operators::Proof;
use crate::nearest::nearest_word;
use crate::render::Rendered;
use crate::render::gitops::is_gitops;
use crate::rules::Timings;
use crate::worlds::{self, Beyond, Listed, Member, Open, Plan, WorldKind, WorldPlan, is_below};

/// Loads what worlds are made from, each distinct part once.
#[derive(Debug, Default)]
pub struct Loader {
    known: FxHashMap<(Rendered, Option<ecow::EcoString>), Arc<Loaded>>,
}

impl Loader {
    /// Loads the rendered documents of all worlds.
    pub fn load(repository: &Repository, plan: &Plan, options: &Options) -> Self {
        let mut wanted: FxHashMap<(Rendered, Option<ecow::EcoString>), &str> = FxHashMap::default();
        for world in &plan.worlds {
            let entry = world.roots.first().map_or("", String::as_str);
            for member in &world.members {
                if let Member::Document {
                    document,
                    namespace,
                    ..
                } = member
                {
                    wanted
                        .entry((document.clone(), namespace.clone()))
                        .or_insert(entry);
                }
            }
        }
        let known = wanted
            .into_par_iter()
            .map(|((document, namespace), entry)| {
                let loaded = rendered(repository, &document, namespace.as_deref(), entry, options);
                ((document, namespace), Arc::new(loaded))
            })
            .collect();
        Self { known }
    }

    /// The sources of a world, in the order of its members.
    pub fn sources(&self, repository: &Repository, world: &WorldPlan) -> Vec<Arc<Loaded>> {
        let of = |member: &Member| match member {
            Member::File { file, without } => {
                let (_, loaded) = repository.files.get(*file)?;
                Some(if world.context.contains(file) {
                    let mut loaded = loaded.without(without);
                    loaded.file.context = true;
                    Arc::new(loaded)
                } else if without.is_empty() {
                    Arc::clone(loaded)
                } else {
                    Arc::new(loaded.without(without))
                })
            }
            Member::Document {
                document,
                namespace,
                ..
            } => self
                .known
                .get(&(document.clone(), namespace.clone()))
                .cloned(),
        };
        world.members.iter().filter_map(of).collect()
    }
}

/// Loads a rendered document.
fn rendered(
    repository: &Repository,
    document: &Rendered,
    namespace: Option<&str>,
    entry: &str,
    options: &Options,
) -> Loaded {
    let mut how = load_options(options);
    if let Some(namespace) = namespace {
        how.namespace = namespace.into();
        how.is_namespace_given = true;
    }
    let path = format!("{}{entry}", repository.shown_below);
    let file = InputFile {
        path: path.into(),
        location: None,
        context: false,
        is_named: false,
    };
    let text = RenderedText::new(
        document.clone(),
        Arc::clone(&repository.sources),
        Arc::clone(&repository.shown_below),
    );
    load::load_rendered(file, text, &how)
}

/// What the worlds hold beyond what their entries render, by what the custom resources in them mean.
pub fn beyond(repository: &Repository, plan: &Plan, options: &Options) -> Vec<Beyond> {
    let loader = Loader::load(repository, plan, options);
    let is_read = used(plan);
    let unread = templates(repository, plan, |path| !is_read.contains(path));
    let firsts = firsts(repository, plan, &loader);
    let of = |(index, world): (usize, &WorldPlan)| {
        let sources = loader.sources(repository, world);
        let namespace = listed(world, options).and_then(|own| own.namespace.as_deref());
        let built = built(world, &sources, namespace);
        let first = firsts.get(index).filter(|first| **first != index);
        let first = first.and_then(|first| plan.worlds.get(*first));
        let told = built.made.iter().filter(|made| made.proof != Proof::None);
        let synthetic =
            told.map(|made| format!("{}/{}/{}", made.what.kind(), made.namespace, made.name));
        let open = built
            .gaps
            .iter()
            .filter(|gap| gap.object.is_some() && gap.kind.is_empty());
        let is_listed = |gap: &&Gap| !is_cluster(world) && is_application(&gap.kind);
        let unknown = open.chain(unread.iter().filter(is_listed));
        Beyond {
            synthetic: synthetic.collect(),
            unknown: unknown.map(open_of).collect(),
            same_as: first.map(|world| world.name.clone()),
        }
    };
    plan.worlds.iter().enumerate().map(of).collect()
}

fn open_of(gap: &Gap) -> Open {
    Open {
        namespace: gap.namespace.as_deref().unwrap_or("*").to_owned(),
        kind: (!gap.kind.is_empty()).then(|| gap.kind.to_string()),
        name: gap.name.as_ref().map(ToString::to_string),
        because: gap.because.clone(),
    }
}

/// Whether an object of the kind is part of what makes an application.
fn is_application(kind: &str) -> bool {
    const KINDS: [&str; 8] = [
        "Service",
        "ServiceEntry",
        "ServiceAccount",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Secret",
        "Gateway",
    ];
    KINDS.contains(&kind)
}

/// The objects of a world together.
fn built(world: &WorldPlan, sources: &[Arc<Loaded>], namespace: Option<&str>) -> World {
    let mut builder = WorldBuilder::default();
    let placement = namespace.map(|namespace| Placement {
        namespaces: vec![namespace.into()],
        replaces: false,
    });
    // Sources beyond the members are no part of the plan: what an editor adds to it.
    let members = world
        .members
        .iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    for ((number, loaded), member) in (0..).zip(sources).zip(members) {
        let is_followed = match member {
            Some(Member::Document { identity, .. }) => is_gitops(identity),
            Some(Member::File { .. }) | None => false,
        };
        if is_followed {
            // What it makes is rendered, or told as unknown by the plan.
            builder.add_objects(number, loaded);
        } else {
            builder.add(number, loaded, placement.as_ref());
        }
    }
    builder.build()
}

/// What the user says of a world.
fn listed<'o>(world: &WorldPlan, options: &'o Options) -> Option<&'o ConfiguredWorld> {
    let mut listed = options.configured.iter();
    listed.find(|listed| listed.name == world.name)
}

/// The worlds of a repository that the user asks for, ready to be judged.
#[derive(Debug)]
pub struct Prepared {
    /// The worlds.
    pub plan: Plan,
    /// What they are made from.
    pub loader: Loader,
    /// What worlds have beside each other; `None` where each is a cluster of its own.
    elsewhere: Option<Arc<Elsewhere>>,
    /// What templates seem to hold that no world is made from.
    unread: Vec<Gap>,
    /// Files that some world of the repository is made from.
    is_read: FxHashSet<String>,
    /// Whether these are all worlds of the repository.
    is_whole: bool,
    /// What is made of findings in the end.
    policy: Policy,
}

impl Prepared {
    /// The mesh of the world with this index, made from `sources`.
    pub fn mesh(
        &self,
        index: usize,
        sources: &[Arc<Loaded>],
        options: &Options,
        mesh_config: Option<&MeshConfig>,
    ) -> Option<Mesh> {
        let world = self.plan.worlds.get(index)?;
        let own = listed(world, options);
        let namespace = own.and_then(|own| own.namespace.as_deref());
        let built = built(world, sources, namespace);
        let mut external = options.external.clone();
        if let Some(own) = own.and_then(|own| own.external.clone()) {
            external.hosts.extend(own.hosts);
            external.namespaces.extend(own.namespaces);
            external.gateways.extend(own.gateways);
            external.service_accounts.extend(own.service_accounts);
            external.credentials.extend(own.credentials);
        }
        let closed_world = own
            .and_then(|own| own.closed_world)
            .unwrap_or(options.closed_world);
        let mut gaps = built.gaps;
        gaps.extend(world.unknown.iter().map(|unknown| {
            Gap {
                is_application: true,
                namespace: unknown
                    .namespace
                    .as_ref()
                    .map(|namespace| Str::from(namespace.as_str())),
                because: unknown.because.clone(),
                ..Gap::default()
            }
        }));
        if world.kind == Some(WorldKind::Unreached) {
            gaps.push(Gap {
                is_application: true,
                because: "nothing in the repository applies these files".to_owned(),
                ..Gap::default()
            });
        }
        if !is_cluster(world) {
            gaps.extend_from_slice(&self.unread);
        }
        let others = self.elsewhere.as_ref().filter(|_| !is_cluster(world));
        Some(Mesh::build(
            built.objects,
            Settings {
                closed_world: closed_world || world.closed,
                istio_version: own
                    .and_then(|own| own.istio_version)
                    .unwrap_or(options.istio_version),
                now: options.now,
                mesh_config: mesh_config.cloned(),
                external,
                default_namespace: match namespace {
                    Some(namespace) => namespace.into(),
                    None => load_options(options).namespace,
                },
                folders: built.folders,
                gaps,
                made: built.made,
                others: others.map(|all| Others {
                    all: Arc::clone(all),
                    own: u32::try_from(index).unwrap_or(u32::MAX),
                }),
                ..Settings::default()
            },
        ))
    }
}

/// The worlds of a repository: those that are found, or those that the user lists.
pub fn plan(repository: &Repository, namespace: &str, options: &Options) -> Plan {
    let view = repository.view(namespace);
    if options.configured.is_empty() {
        return worlds::plan(view);
    }
    let below = |paths: &[PathBuf]| {
        let full = paths.iter().filter_map(|path| path.canonicalize().ok());
        full.filter_map(|path| {
            let below = path.strip_prefix(&repository.root).ok()?;
            Some(below.to_string_lossy().replace('\\', "/"))
        })
        .collect()
    };
    let listed: Vec<Listed> = options
        .configured
        .iter()
        .map(|world| Listed {
            name: world.name.clone(),
            roots: below(&world.roots),
            with: below(&world.with),
        })
        .collect();
    worlds::configured(view, &listed, options.found_worlds == Some(true))
}

/// Plans the worlds of a repository and loads what they are made from.
pub fn prepare(repository: &Repository, options: &Options) -> Result<Prepared, Error> {
    let namespace = namespace_of(options);
    let mut plan = plan(repository, &namespace, options);
    let is_read = used(&plan);
    let unread = unread(repository, &plan, &is_read);
    select(&mut plan, options)?;
    narrow(&mut plan, repository);
    let loader = Loader::load(repository, &plan, options);
    let elsewhere = elsewhere(repository, &plan, &loader);
    Ok(Prepared {
        plan,
        loader,
        elsewhere,
        unread,
        is_read,
        is_whole: options.worlds.is_empty(),
        policy: options.policy.clone(),
    })
}

/// What was found in a world, ready to be united with what was found in others.
pub fn judged(repository: &Repository, world: &WorldPlan, outcome: Outcome) -> Judged {
    Judged {
        name: world.name.as_str().into(),
        outcome,
        faults: world.faults.clone(),
        files: shown_files(repository, world),
        cap: cap(world),
        alike: Vec::new(),
    }
}

/// What was found in worlds, with what is wrong in files that no world reads; as far as it comes
/// from below the paths that the user names.
pub fn unite(
    repository: &Repository,
    prepared: &Prepared,
    mut worlds: Vec<Judged>,
    filter: &diagnostics::Filter,
) -> Outcome {
    worlds.extend(aside(repository, &prepared.is_read, filter));
    let mut outcome = diagnostics::across(worlds, &repository.sources, &repository.shown_below);
    narrow_findings(&mut outcome, repository);
    super::finish::worlds(
        &mut outcome,
        repository,
        &prepared.plan,
        prepared.is_whole,
        &prepared.policy,
        filter,
    );
    outcome
}

/// For each world the first that holds the same objects and leaves the same open, which may be itself:
/// what is found in one holds in the other.
fn firsts(repository: &Repository, plan: &Plan, loader: &Loader) -> Vec<usize> {
    let mut first: FxHashMap<u64, usize> = FxHashMap::default();
    let worlds = plan.worlds.iter().enumerate();
    worlds
        .map(|(index, world)| {
            let sources = loader.sources(repository, world);
            *first.entry(content(world, &sources)).or_insert(index)
        })
        .collect()
}

/// A number for what a world holds: manifests whatever their layout, and all that is unknown. Comments
/// may suppress, and faults are shown where they stand: sources with some are their own.
fn content(world: &WorldPlan, sources: &[Arc<Loaded>]) -> u64 {
    let mut objects: Vec<_> = Vec::new();
    let mut gaps: Vec<_> = Vec::new();
    let mut made: Vec<_> = Vec::new();
    for source in sources {
        let is_plain = source.problems.is_empty() && source.comments.is_empty();
        let own = if is_plain {
            0
        } else {
            Arc::as_ptr(source) as usize
        };
        objects.extend(source.objects.iter().map(|object| {
            let header = &object.header;
            let name = (&header.kind, &header.namespace, &header.name);
            let place = (header.is_unplaced, source.file.context, own);
            (&header.api_version, name, header.fingerprint, place)
        }));
        let open = source.gaps.iter();
        gaps.extend(open.map(|gap| (&gap.kind, &gap.namespace, &gap.name, gap.is_application)));
        let told = source.made.iter();
        made.extend(told.map(|made| (made.what.kind(), &made.namespace, &made.name)));
    }
    let unknown = world.unknown.iter();
    let mut unknown: Vec<_> = unknown
        .map(|unknown| (&unknown.namespace, &unknown.because))
        .collect();
    objects.sort_unstable();
    gaps.sort_unstable();
    made.sort_unstable();
    unknown.sort_unstable();
    let kind = (world.closed, cap(world), is_cluster(world));
    rustc_hash::FxBuildHasher.hash_one((objects, gaps, made, unknown, kind))
}

/// Judges the worlds of a repository, each on its own, and unites what is found. Worlds that hold the
/// same are judged once.
pub fn check(
    repository: &Repository,
    options: &Options,
    mesh_config: Option<&MeshConfig>,
) -> Result<Report, Error> {
    let prepared = prepare(repository, options)?;
    let filter = filter_of(options);
    // What the user says of a world tells it from one that holds the same.
    let firsts = if options.configured.is_empty() {
        firsts(repository, &prepared.plan, &prepared.loader)
    } else {
        (0..prepared.plan.worlds.len()).collect()
    };
    let mesh_configs: Vec<Option<MeshConfig>> = prepared
        .plan
        .worlds
        .iter()
        .map(|world| {
            let own = listed(world, options).and_then(|own| own.mesh_config.as_ref());
            own.map(super::mesh_config_from).transpose()
        })
        .collect::<Result<_, Error>>()?;
    let judged: Vec<(Judged, WorldSummary, Timings, Vec<Arc<Loaded>>)> = prepared
        .plan
        .worlds
        .par_iter()
        .enumerate()
        .zip(&mesh_configs)
        .filter(|((index, _), _)| firsts.get(*index) == Some(index))
        .filter_map(|((index, world), own)| {
            let sources = prepared.loader.sources(repository, world);
            let mesh_config = own.as_ref().or(mesh_config);
            let mesh = prepared.mesh(index, &sources, options, mesh_config)?;
            let (findings, timings) = judge(&mesh, &sources, &FxHashSet::default(), &filter);
            let outcome = diagnostics::conclude(findings, &mesh.objects, &sources, &filter);
            let summary = WorldSummary {
                name: world.name.clone(),
                objects: mesh.objects.headers.len(),
                namespaces: mesh.places.known_count(),
                unknown: world.unknown.len(),
            };
            let judged = judged(repository, world, outcome);
            Some((judged, summary, timings, sources))
        })
        .collect();
    let mut all = Vec::with_capacity(judged.len());
    let mut summaries = Vec::with_capacity(judged.len());
    let mut timings: Timings = Vec::new();
    let mut loaded = Vec::new();
    let mut judged = judged.into_iter();
    let mut places: FxHashMap<usize, usize> = FxHashMap::default();
    for (index, (world, first)) in prepared.plan.worlds.iter().zip(&firsts).enumerate() {
        if *first == index
            && let Some((own, summary, times, sources)) = judged.next()
        {
            places.insert(index, all.len());
            all.push(own);
            summaries.push(summary);
            add_timings(&mut timings, times);
            loaded.extend(sources);
        } else if let Some(at) = places.get(first).copied() {
            let own = self::judged(repository, world, Outcome::default());
            let summary = summaries
                .get(at)
                .map(|summary: &WorldSummary| WorldSummary {
                    name: world.name.clone(),
                    ..summary.clone()
                });
            summaries.extend(summary);
            if let Some(first) = all.get_mut(at) {
                first.alike.push(Arc::clone(&own.name));
            }
            all.push(own);
        }
    }
    let outcome = unite(repository, &prepared, all, &filter);
    let sources: Vec<Arc<Loaded>> = repository
        .files
        .iter()
        .map(|(_, loaded)| Arc::clone(loaded))
        .collect();
    let count = |severity| {
        outcome
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    };
    Ok(Report {
        summary: Summary {
            files: sources.iter().filter(|source| source.is_text()).count(),
            objects: distinct_objects(&loaded),
            namespaces: summaries
                .iter()
                .map(|world| world.namespaces)
                .max()
                .unwrap_or(0),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            suppressed: outcome.suppressed,
            baselined: outcome.baselined,
            skipped: diagnostics::skipped(&not_rendered(repository), &sources),
            ..Summary::default()
        },
        read: super::read(&sources),
        worlds: if summaries.len() > 1 {
            summaries
        } else {
            Vec::new()
        },
        findings: outcome.findings,
        hidden: outcome.hidden,
        files: outcome.files,
        timings: if options.timings { timings } else { Vec::new() },
        unreadable: repository.unreadable.clone(),
        unused_suppressions: outcome.unused_suppressions,
    })
}

/// What was passed over below the paths that the user names, those files apart that were rendered.
fn not_rendered(repository: &Repository) -> Vec<Skipped> {
    let is_left = |skipped: &&Skipped| {
        let path = skipped.path.strip_prefix(&*repository.shown_below);
        is_named(repository, path.unwrap_or(&skipped.path))
            && !matches!(
                skipped.reason,
                SkipReason::Kustomization | SkipReason::KustomizePatch
            )
    };
    repository.skipped.iter().filter(is_left).cloned().collect()
}

/// The files that worlds are made from.
fn used(plan: &Plan) -> FxHashSet<String> {
    let files = plan.worlds.iter().flat_map(|world| world.files.iter());
    files.cloned().collect()
}

/// Keeps the worlds that the user asks for.
fn select(plan: &mut Plan, options: &Options) -> Result<(), Error> {
    if options.worlds.is_empty() {
        return Ok(());
    }
    let mut kept: BTreeSet<String> = BTreeSet::new();
    for wanted in &options.worlds {
        let glob = GlobBuilder::new(wanted)
            .literal_separator(false)
            .build()
            .map_err(|error| Error::Usage(format!("invalid glob {wanted:?}: {}", error.kind())))?
            .compile_matcher();
        let names = plan.worlds.iter().map(|world| world.name.as_str());
        let matching: Vec<&str> = names.clone().filter(|name| glob.is_match(name)).collect();
        if matching.is_empty() {
            let all: Vec<&str> = names.clone().collect();
            let hint = match nearest_word(wanted, all.iter().copied()) {
                Some(near) => format!(", did you mean {}?", near.what),
                None => format!("; there are {}", all.join(", ")),
            };
            return Err(Error::Usage(format!("no world is called {wanted}{hint}")));
        }
        kept.extend(matching.into_iter().map(ToOwned::to_owned));
    }
    plan.worlds.retain(|world| kept.contains(&world.name));
    Ok(())
}

/// Keeps the worlds that are made from something below the paths that the user names.
fn narrow(plan: &mut Plan, repository: &Repository) {
    if repository.named.iter().any(String::is_empty) {
        return;
    }
    plan.worlds.retain(|world| {
        world.files.iter().any(|file| is_named(repository, file))
            || world.roots.iter().any(|root| is_named(repository, root))
    });
}

fn is_named(repository: &Repository, path: &str) -> bool {
    repository.named.iter().any(|named| is_below(path, named))
}

/// Keeps the findings that come from below the paths that the user names.
fn narrow_findings(outcome: &mut diagnostics::Outcome, repository: &Repository) {
    if repository.named.iter().any(String::is_empty) {
        return;
    }
    let names: Vec<bool> = outcome
        .files
        .iter()
        .map(|file| {
            let path = file
                .path
                .strip_prefix(&*repository.shown_below)
                .unwrap_or(&file.path);
            is_named(repository, path)
        })
        .collect();
    let is_here =
        |location: &diagnostics::Location| names.get(location.file as usize) == Some(&true);
    outcome.findings.retain(|finding| {
        finding.location.as_ref().is_some_and(is_here)
            || finding.origin.iter().any(|step| is_here(&step.location))
    });
}

/// The highest severity that findings of a world may have.
fn cap(world: &WorldPlan) -> Severity {
    match world.kind {
        Some(WorldKind::Unreached) => Severity::Warning,
        _ => Severity::Error,
    }
}

/// The files of a world as they are shown.
fn shown_files(repository: &Repository, world: &WorldPlan) -> BTreeSet<String> {
    let files = world.files.iter();
    files
        .map(|file| format!("{}{file}", repository.shown_below))
        .collect()
}

/// Whether a world is a cluster of its own, as GitOps objects say.
fn is_cluster(world: &WorldPlan) -> bool {
    matches!(world.kind, Some(WorldKind::Flux | WorldKind::Argo))
}

/// What worlds have beside each other, where nothing says that they are clusters of their own.
fn elsewhere(repository: &Repository, plan: &Plan, loader: &Loader) -> Option<Arc<Elsewhere>> {
    if plan.worlds.len() < 2 || plan.worlds.iter().all(is_cluster) {
        return None;
    }
    let worlds: Vec<(&str, Vec<Arc<Loaded>>)> = plan
        .worlds
        .iter()
        .map(|world| (world.name.as_str(), loader.sources(repository, world)))
        .collect();
    Some(Arc::new(Elsewhere::of(&worlds)))
}

/// What templates seem to hold that no world is made from, or that could not be rendered: it may be
/// applied beside any world that is no cluster of its own.
fn unread(repository: &Repository, plan: &Plan, is_read: &FxHashSet<String>) -> Vec<Gap> {
    let worlds = plan.worlds.iter();
    let unrendered: FxHashSet<&str> = worlds
        .flat_map(|world| world.unrendered.iter().map(String::as_str))
        .collect();
    templates(repository, plan, |path| {
        !is_read.contains(path) || unrendered.contains(path)
    })
}

/// What those templates seem to hold whose paths `is_meant` takes.
fn templates(repository: &Repository, plan: &Plan, is_meant: impl Fn(&str) -> bool) -> Vec<Gap> {
    let templates = repository.templates.iter();
    let templates = templates
        .filter(|(path, _)| is_meant(path))
        .flat_map(|(_, gaps)| gaps.iter().cloned());
    let others = plan.not_read.iter().flat_map(|(_, paths)| paths);
    let others = others
        .filter(|path| is_meant(path) && !is_program(path))
        .filter_map(|path| {
            let source = repository.sources.open(path)?;
            let shown = format!("{}{path}", repository.shown_below);
            let text = repository.sources.text(source);
            Some(load::places::of_template_text(&text, &shown))
        })
        .flatten();
    templates.chain(others).take(MOST_UNREAD).collect()
}

/// Templates tell so many things at most.
const MOST_UNREAD: usize = 10_000;

/// Whether a file holds a program, of which no line tells what it makes.
fn is_program(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "jsonnet" | "libsonnet" | "cue")
}

/// What is wrong with the form of files that no world reads.
fn aside(
    repository: &Repository,
    is_read: &FxHashSet<String>,
    filter: &diagnostics::Filter,
) -> Option<Judged> {
    let sources: Vec<Arc<Loaded>> = repository
        .files
        .iter()
        .filter(|(path, _)| !is_read.contains(path))
        .map(|(_, loaded)| Arc::clone(loaded))
        .collect();
    if sources.iter().all(|source| source.problems.is_empty()) {
        return None;
    }
    let mut builder = WorldBuilder::default();
    for (number, loaded) in (0..).zip(&sources) {
        builder.add(number, loaded, None);
    }
    let objects = builder.build().objects;
    let findings = super::of_reading(&objects, &sources, &FxHashSet::default());
    let outcome = diagnostics::conclude(findings, &objects, &sources, filter);
    Some(Judged {
        name: "".into(),
        outcome,
        faults: Vec::new(),
        files: BTreeSet::new(),
        cap: Severity::Info,
        alike: Vec::new(),
    })
}

/// How many objects sources have, those of a source that several worlds share once. The sources must
/// all be alive: they are told apart by where they are.
fn distinct_objects(sources: &[Arc<Loaded>]) -> usize {
    let mut seen = FxHashSet::default();
    let distinct = sources
        .iter()
        .filter(|source| seen.insert(Arc::as_ptr(source)));
    distinct.map(|source| source.objects.len()).sum()
}

fn add_timings(all: &mut Timings, own: Timings) {
    for (name, objects, nanoseconds) in own {
        match all.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, known_objects, known_nanoseconds)) => {
                *known_objects += objects;
                *known_nanoseconds += nanoseconds;
            }
            None => all.push((name, objects, nanoseconds)),
        }
    }
}
