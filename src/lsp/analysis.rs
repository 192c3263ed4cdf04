//! What is known of a folder: its worlds, what they mean, what is wrong in them. An analysis is
//! immutable; an edit makes another one of it, which shares what the edit leaves alone.
//!
//! A keystroke in a file that is applied as it stands changes no plan. Then the objects of the file are
//! checked at once, in the light of the meshes as they were ([`Analysis::retyped`]). New meshes, the
//! checks of whole meshes and of all other objects follow ([`Analysis::settled`]).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::buffers::Buffers;
use super::config::Fault;
use super::{findings, torn};
use crate::diagnostics::{self, Finding, Outcome, Report};
use crate::engine::repository::{self, Repository, Texts as _};
use crate::engine::worlds::{self, Prepared};
use crate::engine::{self, Options};
use crate::load::Loaded;
use crate::mesh::Mesh;
use crate::model::ObjectId;
use crate::model::mesh_config::MeshConfig;
use crate::render::gitops::{Identity, is_gitops};
use crate::rules::{self, Looked};
use crate::worlds::Member;

/// How a folder is analysed.
#[derive(Debug, Clone, Default)]
pub(super) struct How {
    /// What to check.
    pub(super) options: Options,
    /// The mesh config that takes the place of every other.
    pub(super) mesh_config: Option<MeshConfig>,
}

impl How {
    /// Whether what sources hold is the same for both.
    pub(super) fn loads_like(&self, other: &Self) -> bool {
        let of = |how: &Self| {
            let load = engine::load_options(&how.options);
            (load.namespace, load.is_namespace_given)
        };
        of(self) == of(other)
    }
}

/// What is known of a folder.
#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) how: Arc<How>,
    /// What is wrong with the configuration.
    pub(super) faults: Vec<Fault>,
    pub(super) repository: Arc<Repository>,
    prepared: Arc<Prepared>,
    /// The worlds in the order of the plan.
    pub(super) worlds: Vec<Arc<World>>,
    /// What is wrong, by the path of the file.
    pub(super) findings: findings::ByFile,
}

/// One world.
#[derive(Debug)]
pub(super) struct World {
    /// What it is made from; the numbers of sources are indices. Those that stand in for torn
    /// documents come last.
    pub(super) sources: Vec<Arc<Loaded>>,
    /// What the sources mean, maybe as they were before the last edits: the objects are the same.
    pub(super) mesh: Arc<Mesh>,
    /// What was found in that mesh.
    judged: Arc<Judged>,
    /// How many of the sources are part of the plan.
    planned: usize,
    /// Whether sources were edited since.
    is_edited: bool,
}

/// What was found in a world.
#[derive(Debug, Default)]
struct Judged {
    looked: Vec<Looked>,
    outcome: Outcome,
}

impl World {
    /// The number of the source that a file is, as it stands.
    pub(super) fn source_of(&self, path: &Path) -> Option<u32> {
        let is_it = |loaded: &Arc<Loaded>| {
            loaded.file.location.as_deref() == Some(path) && !loaded.file.context
        };
        let number = self.sources.iter().position(is_it)?;
        u32::try_from(number).ok()
    }

    /// The objects of a source as they are now, with their numbers in the mesh; `None` where some
    /// stand elsewhere than they did, or are others.
    fn edited(&self, source: u32, now: &Loaded) -> Option<Vec<(ObjectId, usize)>> {
        let mut sources = self.mesh.objects.headers.sources();
        let (_, first) = sources.find(|(number, _)| *number == source)?;
        let headers = (first.0..).map_while(|id| {
            let id = ObjectId(id);
            let is_own = self.mesh.objects.place(id)?.source == source;
            is_own.then_some(id).zip(self.mesh.objects.header(id))
        });
        let known: FxHashMap<_, _> = headers
            .map(|(id, header)| ((torn::name_of(header), header.position), id))
            .collect();
        let objects = now.objects.iter().enumerate().map(|(index, manifest)| {
            let header = &manifest.header;
            let id = known.get(&(torn::name_of(header), header.position))?;
            Some((*id, index))
        });
        objects.collect()
    }

    /// The world with another state of a source, and what is wrong in that source, if that can be
    /// told in the light of the mesh.
    fn retyped(&self, source: u32, loaded: &Arc<Loaded>, how: &How) -> (Self, Option<Outcome>) {
        let mut sources = self.sources.clone();
        if let Some(slot) = sources.get_mut(source as usize) {
            *slot = Arc::clone(loaded);
        }
        let world = Self {
            sources,
            mesh: Arc::clone(&self.mesh),
            judged: Arc::clone(&self.judged),
            planned: self.planned,
            is_edited: true,
        };
        let objects = self.edited(source, loaded);
        let outcome = objects.map(|objects| world.look_at(source, loaded, &objects, how));
        (world, outcome)
    }

    /// What is wrong in a source whose objects have these numbers in the mesh.
    fn look_at(
        &self,
        source: u32,
        loaded: &Loaded,
        objects: &[(ObjectId, usize)],
        how: &How,
    ) -> Outcome {
        let filter = engine::filter_of(&how.options);
        let bodies = objects.iter().filter_map(|(id, index)| {
            let manifest = loaded.objects.get(*index)?;
            Some((*id, manifest.body.as_ref()?))
        });
        let bodies: Vec<_> = bodies.collect();
        let mut looked = rules::run_on(&self.mesh, &filter, &bodies);
        let own: FxHashSet<ObjectId> = objects.iter().map(|(id, _)| *id).collect();
        let of_mesh = self.judged.looked.iter().filter(|looked| looked.is_of_mesh);
        looked.extend(of_mesh.map(|looked| {
            let is_own = |finding: &&Finding| finding.object.is_some_and(|id| own.contains(&id));
            Looked {
                findings: looked.findings.iter().filter(is_own).cloned().collect(),
                ..*looked
            }
        }));
        looked.sort_by_key(|looked| looked.run);
        // These count the objects of the source.
        let of_reading = diagnostics::of_reading(source, loaded, ObjectId(0), false);
        let mut found: Vec<Finding> = of_reading
            .into_iter()
            .map(|finding| Finding {
                object: finding
                    .object
                    .and_then(|id| Some(objects.get(id.index())?.0)),
                ..finding
            })
            .collect();
        found.extend(looked.into_iter().flat_map(|looked| looked.findings));
        diagnostics::conclude(found, &self.mesh.objects, &self.sources, &filter)
    }
}

impl Analysis {
    /// Analyses a folder from the ground up; `None` when it was cancelled on the way.
    pub(super) fn new(
        (how, faults): (How, Vec<Fault>),
        buffers: &Buffers,
        cancelled: &AtomicBool,
    ) -> Result<Option<Self>, engine::Error> {
        let Some(repository) = repository::open_with(&how.options, buffers)? else {
            let paths = &how.options.paths;
            return Err(engine::Error::Usage(format!("cannot read {paths:?}")));
        };
        if cancelled.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let prepared = worlds::prepare(&repository, &how.options)?;
        let worlds: Option<Vec<Arc<World>>> = (0..prepared.plan.worlds.len())
            .into_par_iter()
            .map(|index| {
                let plan = prepared.plan.worlds.get(index)?;
                let sources = prepared.loader.sources(&repository, plan);
                let planned = sources.len();
                let sources = with_stand_ins(sources, planned, buffers);
                let mesh =
                    prepared.mesh(index, &sources, &how.options, how.mesh_config.as_ref())?;
                judge(sources, planned, Arc::new(mesh), &how, cancelled).map(Arc::new)
            })
            .collect();
        let Some(worlds) = worlds else {
            return Ok(None);
        };
        let findings = unite(&repository, &prepared, &worlds, &how);
        Ok(Some(Self {
            how: Arc::new(how),
            faults,
            repository: Arc::new(repository),
            prepared: Arc::new(prepared),
            worlds,
            findings,
        }))
    }

    /// The analysis after an edit of a file; `None` where the edit may change which worlds there are
    /// or what they are made from, so that all must be analysed again.
    pub(super) fn retyped(&self, path: &Path, buffers: &Buffers) -> Option<Self> {
        let how = &*self.how;
        let loaded = self.reload(path, buffers)?;
        let mut worlds = self.worlds.clone();
        let mut judged = Some(Vec::new());
        for (slot, plan) in worlds.iter_mut().zip(&self.prepared.plan.worlds) {
            let Some(source) = slot.source_of(path) else {
                continue;
            };
            let (world, outcome) = slot.retyped(source, &loaded, how);
            *slot = Arc::new(world);
            judged = judged.zip(outcome).map(|(mut judged, outcome)| {
                judged.push(worlds::judged(&self.repository, plan, outcome));
                judged
            });
        }
        let mut findings = self.findings.clone();
        if let Some(judged) = judged {
            let (sources, below) = (&self.repository.sources, &self.repository.shown_below);
            let mut outcome = diagnostics::across(judged, sources, below);
            let root = Some(&*self.repository.root);
            let filter = engine::filter_of(&how.options);
            let own = [Arc::clone(&loaded)];
            engine::finish::plain(
                &mut outcome,
                &own,
                root,
                false,
                &how.options.policy,
                &filter,
            );
            findings.replace(&loaded.file.path, findings::ByFile::of(&outcome));
        }
        Some(Self {
            how: Arc::clone(&self.how),
            faults: self.faults.clone(),
            repository: Arc::clone(&self.repository),
            prepared: Arc::clone(&self.prepared),
            worlds,
            findings,
        })
    }

    /// A file as it is now, if its place in the plan is the same.
    fn reload(&self, path: &Path, buffers: &Buffers) -> Option<Arc<Loaded>> {
        let holders = self.worlds.iter().filter_map(|world| {
            let source = world.source_of(path)?;
            world.sources.get(source as usize)
        });
        let holders: Vec<&Arc<Loaded>> = holders.collect();
        let old = *holders.first()?;
        if holders.iter().any(|other| !Arc::ptr_eq(other, old)) {
            return None;
        }
        let shown = old.file.path.strip_prefix(&*self.repository.shown_below)?;
        let is_as_it_stands = self.prepared.plan.worlds.iter().all(|world| {
            let member = world.members.iter().find(|member| match member {
                Member::File { file, .. } => {
                    let known = self.repository.files.get(*file);
                    known.is_some_and(|(path, _)| path == shown)
                }
                Member::Document { .. } => false,
            });
            match member {
                Some(Member::File { without, .. }) => without.is_empty(),
                _ => !world.files.contains(shown),
            }
        });
        if !is_as_it_stands {
            return None;
        }
        let before = buffers.stand_in(path);
        let options = engine::load_options(&self.how.options);
        let new = buffers.load(&old.file, &options).ok()?;
        let now = buffers.stand_in(path);
        has_same_part(old, before.as_deref(), &new, now.as_deref()).then_some(new)
    }

    /// The analysis with all worlds judged in full; `None` when it was cancelled on the way.
    pub(super) fn settled(&self, buffers: &Buffers, cancelled: &AtomicBool) -> Option<Self> {
        let how = &*self.how;
        let worlds: Option<Vec<Arc<World>>> = self
            .worlds
            .iter()
            .enumerate()
            .map(|(index, world)| {
                if !world.is_edited {
                    return Some(Arc::clone(world));
                }
                let planned = world.planned;
                let sources = with_stand_ins(world.sources.clone(), planned, buffers);
                let config = how.mesh_config.as_ref();
                let mesh = self.prepared.mesh(index, &sources, &how.options, config)?;
                judge(sources, planned, Arc::new(mesh), how, cancelled).map(Arc::new)
            })
            .collect();
        let worlds = worlds?;
        let edited = worlds.iter().flat_map(|world| &world.sources);
        let repository = Arc::new(self.repository.with_files(edited));
        let findings = unite(&repository, &self.prepared, &worlds, how);
        Some(Self {
            how: Arc::clone(&self.how),
            faults: self.faults.clone(),
            repository,
            prepared: Arc::clone(&self.prepared),
            worlds,
            findings,
        })
    }

    /// The worlds that a file is part of as it stands, else those that something made from it is
    /// part of, else all.
    pub(super) fn worlds_of(&self, path: &Path) -> Vec<&Arc<World>> {
        let holders = self.worlds.iter();
        let holders: Vec<_> = holders.filter(|w| w.source_of(path).is_some()).collect();
        if !holders.is_empty() {
            return holders;
        }
        let shown = path.strip_prefix(&self.repository.root).ok();
        let shown = shown.and_then(Path::to_str).map(|p| p.replace('\\', "/"));
        let plans = self.prepared.plan.worlds.iter().zip(&self.worlds);
        let makers: Vec<_> = plans
            .filter(|(plan, _)| shown.as_ref().is_some_and(|path| plan.files.contains(path)))
            .map(|(_, world)| world)
            .collect();
        if makers.is_empty() {
            self.worlds.iter().collect()
        } else {
            makers
        }
    }

    /// The files that hold manifests.
    pub(super) fn files(&self) -> impl Iterator<Item = (PathBuf, &Arc<Loaded>)> {
        let files = self.repository.files.iter();
        files.filter_map(|(_, loaded)| Some((loaded.file.location.clone()?, loaded)))
    }
}

/// The sources of a world with those that stand in for torn documents, as they are now.
fn with_stand_ins(
    mut sources: Vec<Arc<Loaded>>,
    planned: usize,
    buffers: &Buffers,
) -> Vec<Arc<Loaded>> {
    sources.truncate(planned);
    let paths = sources.iter().map(|loaded| loaded.file.location.as_deref());
    let stand_ins: Vec<Arc<Loaded>> = paths.filter_map(|path| buffers.stand_in(path?)).collect();
    sources.extend(stand_ins);
    sources
}

/// Judges a world in full.
fn judge(
    sources: Vec<Arc<Loaded>>,
    planned: usize,
    mesh: Arc<Mesh>,
    how: &How,
    cancelled: &AtomicBool,
) -> Option<World> {
    let filter = engine::filter_of(&how.options);
    let looked = rules::run_until(&mesh, &filter, cancelled)?;
    let mut found: Vec<Finding> =
        engine::of_reading(&mesh.objects, &sources, &FxHashSet::default());
    found.extend(looked.iter().flat_map(|looked| looked.findings.clone()));
    let outcome = diagnostics::conclude(found, &mesh.objects, &sources, &filter);
    Some(World {
        sources,
        judged: Arc::new(Judged { looked, outcome }),
        mesh,
        planned,
        is_edited: false,
    })
}

/// What is wrong in all worlds.
fn unite(
    repository: &Repository,
    prepared: &Prepared,
    worlds: &[Arc<World>],
    how: &How,
) -> findings::ByFile {
    let judged = prepared
        .plan
        .worlds
        .iter()
        .zip(worlds)
        .map(|(plan, world)| worlds::judged(repository, plan, world.judged.outcome.clone()));
    let filter = engine::filter_of(&how.options);
    let outcome = worlds::unite(repository, prepared, judged.collect(), &filter);
    findings::ByFile::of(&outcome)
}

/// Whether two states of a file, each with what stands in for torn documents, play the same part in
/// the plan: the same objects, and nothing that leads to others.
fn has_same_part(
    old: &Loaded,
    old_stand_in: Option<&Loaded>,
    new: &Loaded,
    new_stand_in: Option<&Loaded>,
) -> bool {
    let all = |loaded: &Loaded, stand_in: Option<&Loaded>| {
        let mut names: FxHashMap<_, usize> = FxHashMap::default();
        for loaded in [Some(loaded), stand_in].into_iter().flatten() {
            for ((group, kind, namespace, name), count) in torn::names(loaded) {
                let identity = Identity {
                    group: group.into(),
                    kind: kind.into(),
                    namespace: namespace.into(),
                    name: name.into(),
                };
                *names.entry(identity).or_default() += count;
            }
        }
        names
    };
    let (before, now) = (all(old, old_stand_in), all(new, new_stand_in));
    let leads_nowhere = |loaded: &Loaded| {
        loaded.kustomizations.is_empty() && loaded.patches.is_empty() && loaded.leads.is_empty()
    };
    let is_dump = |loaded: &Loaded| loaded.is_dump();
    before == now
        && now.values().all(|count| *count == 1)
        && !now.keys().any(is_gitops)
        && !now.is_empty()
        && leads_nowhere(old)
        && leads_nowhere(new)
        && is_dump(old) == is_dump(new)
}

/// The findings of a check of a single text, which no folder holds.
pub(super) fn alone(report: &Report) -> findings::ByFile {
    findings::ByFile::of_parts(&report.findings, &report.files)
}
