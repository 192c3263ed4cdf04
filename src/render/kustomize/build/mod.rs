//! The build of a kustomization: what happens in which order.

/// What reads files for the kustomization.
macro_rules! loader {
    ($run:expr, $here:expr) => {
        $crate::render::kustomize::loader::Loader {
            sources: $run.sources,
            folder: &$here.folder,
            restrict: !$run.options.anywhere,
            inputs: &mut $run.inputs,
            what: $here.what(),
        }
    };
}

mod accumulator;
mod entries;
mod generate;
mod read;
mod transform;

use std::collections::BTreeSet;

use super::{hash, references, sort, vars};
use crate::render::kustomize::cache::Cache;
use crate::render::kustomize::file::Kustomization;
use crate::render::kustomize::metadata::{self, Marks};
use crate::render::kustomize::problem::{self, Hole, HoleKind, Problem, Result};
use crate::render::kustomize::schema::Schema;
use crate::render::value::Node;
use crate::render::{Place, Rendered, Sources, What};
pub(super) use accumulator::Accumulator;
use accumulator::Faults;
use read::is_component;

/// Names that a kustomization file may have.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// An entry of `helmCharts`.
#[derive(Debug)]
pub struct Chart<'c> {
    /// The folder of the kustomization.
    pub folder: &'c str,
    /// The entry.
    pub entry: &'c Node,
    /// `helmGlobals`.
    pub globals: Option<&'c Node>,
    /// The namespace that the kustomization, or one that lists it, gives to charts without one.
    pub namespace: Option<&'c str>,
}

/// What renders Helm charts; `None` for one that can't be rendered.
pub type Charts<'c> = &'c (dyn Fn(&Chart<'_>) -> Option<Vec<Rendered>> + Sync);

/// How a kustomization is built.
#[derive(Clone, Copy, Default)]
pub struct Options<'o> {
    /// Go on after mistakes, without the faulty part; else the first one ends the build.
    pub lenient: bool,
    /// Let files lie outside the folder of the kustomization that names them.
    pub anywhere: bool,
    /// A kustomization to build in place of the folder's file.
    pub instead: Option<&'o Node>,
    /// A kustomization whose fields are added to the outermost one: names and namespace replace
    /// its own, images and replicas those of one name, and all else is appended.
    pub amend: Option<&'o Node>,
    /// Pass over components that aren't there.
    pub ignore_missing_components: bool,
    /// What renders Helm charts.
    pub charts: Option<Charts<'o>>,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("lenient", &self.lenient)
            .field("anywhere", &self.anywhere)
            .finish_non_exhaustive()
    }
}

/// A field that kustomize still takes but warns of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deprecated {
    /// The field.
    pub field: &'static str,
    /// Where it stands.
    pub place: Place,
}

/// What a build gives.
#[derive(Debug, Default)]
pub struct Build {
    /// The objects in the order in which kustomize prints them; none after a mistake, unless the
    /// build is lenient.
    pub objects: Vec<Rendered>,
    /// The mistakes.
    pub problems: Vec<Problem>,
    /// What is not rendered here.
    pub holes: Vec<Hole>,
    /// The files that were read.
    pub inputs: BTreeSet<String>,
    /// The folders of the kustomizations that were built.
    pub folders: BTreeSet<String>,
    /// Deprecated fields.
    pub deprecated: Vec<Deprecated>,
}

/// The kustomization files of a folder.
pub fn find_file(sources: &Sources, folder: &str) -> Vec<String> {
    FILE_NAMES
        .iter()
        .filter_map(|name| crate::render::join(folder, name))
        .filter(|path| sources.files().kind(path) == Some(crate::render::EntryKind::File))
        .collect()
}

/// Builds the kustomization of a folder.
pub fn build(sources: &Sources, folder: &str, options: Options<'_>, cache: &Cache) -> Build {
    let mut run = Run {
        sources,
        options,
        cache,
        schema: Schema::BuiltIn,
        schema_is_set: false,
        faults: Faults {
            strict: !options.lenient,
            list: Vec::new(),
            folder: folder.to_owned(),
            has_hole: false,
        },
        holes: Vec::new(),
        inputs: BTreeSet::new(),
        deprecated: Vec::new(),
        stack: Vec::new(),
        entered: Vec::new(),
        has_charts: false,
        made: 0,
    };
    let objects = match run.root(folder) {
        Ok(objects) => objects,
        Err(problem) => {
            run.faults.push(*problem);
            Vec::new()
        }
    };
    if options.lenient {
        run.fetch_nothing();
    }
    Build {
        objects,
        problems: problem::proven(run.faults.list, !run.holes.is_empty()),
        holes: run.holes,
        inputs: run.inputs,
        folders: run.entered.into_iter().collect(),
        deprecated: run.deprecated,
    }
}

struct Run<'r> {
    sources: &'r Sources,
    options: Options<'r>,
    cache: &'r Cache,
    schema: Schema,
    schema_is_set: bool,
    faults: Faults,
    holes: Vec<Hole>,
    inputs: BTreeSet<String>,
    deprecated: Vec<Deprecated>,
    /// The folders from the root to where the build is.
    stack: Vec<String>,
    entered: Vec<String>,
    /// Whether a Helm chart was met.
    has_charts: bool,
    /// Objects that were appended so far.
    made: usize,
}

/// Where a kustomization is built.
#[derive(Clone)]
struct Here {
    /// The folder, links resolved.
    folder: String,
    /// The name of the kustomization file.
    file: String,
    /// Annotations about origins, when they are asked for.
    marks: Option<Marks>,
    /// The namespace for Helm charts without one.
    chart_namespace: Option<String>,
    /// Whether it is a component.
    is_component: bool,
}

impl Here {
    fn what(&self) -> What {
        if self.is_component {
            What::Component
        } else {
            What::Base
        }
    }
}

impl Run<'_> {
    /// Takes files that would be fetched for what they are: holes, not mistakes.
    fn fetch_nothing(&mut self) {
        let holes = &mut self.holes;
        self.faults.list.retain(|problem| {
            let (Some(address), Some(place)) = (&problem.address, problem.place) else {
                return true;
            };
            holes.push(Hole {
                kind: HoleKind::Remote,
                name: address.clone(),
                place,
                namespace: None,
            });
            false
        });
    }

    /// The outermost kustomization: what is made of it, and what happens to all of that at last.
    fn root(&mut self, folder: &str) -> Result<Vec<Rendered>> {
        let folder = self.canonical(folder);
        let (mut k, file) = self.load(&folder, None, true)?;
        if let Some(amendments) = self.options.amend {
            let other = self.decode(amendments)?;
            k.amend(other);
        }
        let marks = Marks::new(&k);
        let here = Here {
            folder,
            file,
            marks,
            chart_namespace: None,
            is_component: is_component(&k),
        };
        self.use_schema(&k, &here, true)?;
        let mut made = self.accumulate(&k, &here, Accumulator::new())?;

        hash::apply(&mut made.objects);
        made.objects.renamed();
        let faults = &mut self.faults;
        let report = &mut |problem| faults.note(problem);
        references::update(&mut made.objects, &made.tables, report)?;
        vars::resolve(
            &made.variables,
            &made.tables.variables,
            &mut made.objects,
            report,
        )?;
        made.objects.list_mut().retain(|resource| {
            resource
                .annotation("config.kubernetes.io/local-config")
                .is_none_or(|value| value == "false")
        });
        let sorted = sort::apply(k.sort_options.as_ref(), &mut made.objects);
        self.faults.tolerate(sorted)?;
        metadata::finish(&k, &mut made.objects);
        self.print(&made.objects)
    }

    /// One kustomization, on top of what is there.
    fn accumulate(
        &mut self,
        k: &Kustomization,
        here: &Here,
        mut made: Accumulator,
    ) -> Result<Accumulator> {
        self.stack.push(here.folder.clone());
        let outer = std::mem::replace(&mut self.faults.folder, here.folder.clone());
        let holes = self.holes.len();

        self.resources(&k.resources, here, k, &mut made)?;
        self.configure(k, here, &mut made)?;
        self.generate(k, here, &mut made)?;
        made = self.components(k, here, made)?;
        self.transform(k, here, &mut made)?;
        self.validate(k, here, &mut made)?;
        for variable in &k.vars {
            let bound = vars::bind(variable, &mut made.objects)
                .and_then(|()| made.add_variables(std::slice::from_ref(variable)));
            self.faults.tolerate(bound)?;
        }

        if let Some(namespace) = &k.namespace {
            for hole in self.holes.iter_mut().skip(holes) {
                if hole.kind != HoleKind::Chart {
                    hole.namespace = Some(namespace.text.to_string());
                }
            }
        }
        self.faults.folder = outer;
        self.stack.pop();
        Ok(made)
    }
}
