//! Builds of kustomizations that may be what people apply, each made once: GitOps objects are looked
//! for in them before they are taken as they are.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::plan::Repository;
use crate::render::gitops::{Addresses, Gitops, Manifests};
use crate::render::kustomize::{self, Build, Cache};

/// The builds of a repository's kustomizations as they stand, without what GitOps objects add.
pub(super) struct Builds<'r> {
    repository: Repository<'r>,
    /// What the folders in them make.
    pub(super) cache: &'r Cache,
    made: RefCell<FxHashMap<String, Rc<Build>>>,
}

impl<'r> Builds<'r> {
    pub(super) fn new(repository: Repository<'r>, cache: &'r Cache) -> Self {
        Self {
            repository,
            cache,
            made: RefCell::default(),
        }
    }

    /// The build of the kustomization in a folder.
    pub(super) fn of(&self, folder: &str) -> Rc<Build> {
        if let Some(known) = self.made.borrow().get(folder) {
            return Rc::clone(known);
        }
        let engines = Gitops {
            sources: self.repository.sources,
            cache: self.cache,
            manifests: &Manifests::default(),
            addresses: Addresses::default(),
            lenient: true,
            engines: self.repository.engines,
        };
        let charts = |chart: &kustomize::Chart<'_>| engines.chart(chart);
        let options = kustomize::Options {
            lenient: true,
            // Who builds it may allow what kustomize refuses by default.
            anywhere: true,
            charts: Some(&charts),
            ..kustomize::Options::default()
        };
        let build = kustomize::build(self.repository.sources, folder, options, self.cache);
        let build = Rc::new(build);
        self.made
            .borrow_mut()
            .insert(folder.to_owned(), Rc::clone(&build));
        build
    }
}
