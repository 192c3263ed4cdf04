//! The worlds of a run: planned, built, judged each on its own, and united.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::repository::Repository;
use super::{Options, load_options};
use crate::input::InputFile;
use crate::load::{self, Loaded, RenderedText};
use crate::render::Rendered;
use crate::worlds::{Beyond, Member, Plan, WorldPlan};

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
                Some(if without.is_empty() {
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

/// What the worlds hold beyond what their entries render.
pub fn beyond(repository: &Repository, plan: &Plan, options: &Options) -> Vec<Beyond> {
    let _ = (repository, options);
    plan.worlds.iter().map(|_| Beyond::default()).collect()
}
