//! The build of a kustomization: what happens in which order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::value::{Node, NotPrintable, Reads, Trace, Value};
use super::super::{Place, RelatedOrigin, Rendered, SourceId, Sources, What};
use super::cache::{Cache, Cached, Circumstances};
use super::fieldspec::FieldSpec;
use super::file::{Decoder, Kustomization, Text, Variable};
use super::loader::{Loader, Named, is_below, is_remote};
use super::metadata::{self, Marks};
use super::problem::{Hole, HoleKind, Problem, ProblemKind, Result};
use super::resource::{Chain, Objects, Resource};
use super::schema::{OpenApi, Schema};
use super::tables::Tables;
use super::transformers::{self, Transformer};
use super::{configure, generators, hash, plugins, references, sort, vars};

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
        .filter_map(|name| super::super::join(folder, name))
        .filter(|path| sources.files().kind(path) == Some(super::super::EntryKind::File))
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
        },
        holes: Vec::new(),
        inputs: BTreeSet::new(),
        deprecated: Vec::new(),
        stack: Vec::new(),
        entered: Vec::new(),
        chart_namespace: None,
        made: 0,
    };
    let objects = match run.root(folder) {
        Ok(objects) => objects,
        Err(problem) => {
            run.faults.push(problem);
            Vec::new()
        }
    };
    Build {
        objects,
        problems: run.faults.list,
        holes: run.holes,
        inputs: run.inputs,
        folders: run.entered.into_iter().collect(),
        deprecated: run.deprecated,
    }
}

/// Objects, tables and variables on their way up.
#[derive(Debug, Clone)]
pub(super) struct Accumulator {
    objects: Objects,
    tables: Arc<Tables>,
    variables: Vec<Variable>,
}

impl Accumulator {
    fn new() -> Self {
        Self {
            objects: Objects::default(),
            tables: Arc::default(),
            variables: Vec::new(),
        }
    }

    fn add_tables(&mut self, tables: &Arc<Tables>, place: Option<Place>) -> Result<()> {
        if Arc::ptr_eq(&self.tables, tables) {
            return Ok(());
        }
        // Nothing is lost when the default tables are merged into empty ones.
        if Arc::ptr_eq(tables, &Tables::default_tables()) && *self.tables == Tables::default() {
            self.tables = Arc::clone(tables);
            return Ok(());
        }
        let merged = Arc::make_mut(&mut self.tables).merge(tables);
        merged.map_err(|spec| conflict(place, &spec))
    }

    fn add_variables(&mut self, variables: &[Variable]) -> Result<()> {
        for variable in variables {
            let name = |variable: &Variable| variable.name.as_ref().map(|name| name.text.clone());
            let known = self
                .variables
                .iter()
                .find(|known| name(known) == name(variable));
            if let Some(known) = known {
                return Err(Problem::new(
                    ProblemKind::BadVariable,
                    variable.trace.place,
                    format!(
                        "variable `{}` is there twice",
                        name(variable).unwrap_or_default()
                    ),
                )
                .near(RelatedOrigin {
                    place: known.trace.place,
                    what: What::Replacement,
                    note: "is the other",
                }));
            }
            self.variables.push(variable.clone());
        }
        Ok(())
    }
}

/// Problems, which end a strict build.
struct Faults {
    strict: bool,
    list: Vec<Problem>,
    folder: String,
}

impl Faults {
    #[allow(clippy::boxed_local, reason = "results carry it in a box")]
    fn push(&mut self, mut problem: Box<Problem>) {
        if problem.folder.is_empty() {
            problem.folder.clone_from(&self.folder);
        }
        self.list.push(*problem);
    }

    fn note(&mut self, problem: Box<Problem>) -> Result<()> {
        if self.strict {
            return Err(problem);
        }
        self.push(problem);
        Ok(())
    }

    /// Notes what failed, and goes on if that is allowed.
    fn tolerate<T>(&mut self, outcome: Result<T>) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(problem) => self.note(problem).map(|()| None),
        }
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
    /// The namespace for charts that was in force where one was met.
    chart_namespace: Option<Option<String>>,
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

macro_rules! loader {
    ($run:expr, $here:expr) => {
        Loader {
            sources: $run.sources,
            folder: &$here.folder,
            restrict: !$run.options.anywhere,
            inputs: &mut $run.inputs,
            what: $here.what(),
        }
    };
}

impl Run<'_> {
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

    fn canonical(&self, folder: &str) -> String {
        let canonical = self.sources.files().canonical(folder);
        canonical.unwrap_or_else(|| folder.to_owned())
    }

    /// Reads the kustomization file of a folder.
    fn load(
        &mut self,
        folder: &str,
        entry: Option<&Trace>,
        is_root: bool,
    ) -> Result<(Kustomization, String)> {
        self.entered.push(folder.to_owned());
        if is_root && let Some(instead) = self.options.instead {
            let k = self.decode(instead)?;
            return Ok((k, "kustomization.yaml".to_owned()));
        }
        let files = find_file(self.sources, folder);
        let place = entry.map(|entry| entry.place);
        let shown = if folder.is_empty() { "." } else { folder };
        let path = match files.as_slice() {
            [path] => path,
            [] => {
                return Err(Problem::new(
                    ProblemKind::NoKustomization,
                    place,
                    format!("the folder {shown} has no kustomization"),
                )
                .help("a kustomization is called kustomization.yaml"));
            }
            _ => {
                return Err(Problem::new(
                    ProblemKind::NoKustomization,
                    place,
                    format!(
                        "the folder {shown} has several kustomizations: {}",
                        files.join(", ")
                    ),
                ));
            }
        };
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        self.inputs.insert(path.clone());
        let fault = |message: String, place: Option<Place>| {
            Problem::new(ProblemKind::BadKustomization, place, message)
        };
        let Some(source) = self.sources.open(path) else {
            return Err(fault(format!("{path} can't be read"), place));
        };
        let text = self.sources.text(source);
        let loader = Loader {
            sources: self.sources,
            folder,
            restrict: true,
            inputs: &mut BTreeSet::new(),
            what: What::Kustomization,
        };
        let nodes = loader
            .documents(&text, source, None, Reads::Kubernetes, What::Kustomization)
            .map_err(|mut problem| {
                problem.kind = ProblemKind::BadKustomization;
                problem
            })?;
        let start = Place {
            source,
            span: crate::yaml::Span::default(),
        };
        let Some(node) = nodes.first() else {
            return Err(fault(format!("{path} is empty"), Some(start)));
        };
        if node.as_map().is_none() {
            return Err(fault(
                format!("{path} must be a mapping, not {}", node.type_name()),
                Some(node.trace.place),
            ));
        }
        let k = self.decode(node)?;
        check(&k, path, start)?;
        self.deprecated
            .extend(k.deprecated.iter().map(|(field, trace)| Deprecated {
                field,
                place: trace.place,
            }));
        Ok((k, name))
    }

    fn decode(&mut self, node: &Node) -> Result<Kustomization> {
        let mut problems = Vec::new();
        let k = Kustomization::decode(
            &mut Decoder {
                problems: &mut problems,
                lenient: false,
                converts: false,
            },
            node,
        );
        for problem in problems {
            self.faults.note(Box::new(problem))?;
        }
        Ok(k)
    }

    /// Takes the types of an `OpenAPI` file; the first kustomization that has one decides.
    fn use_schema(&mut self, k: &Kustomization, here: &Here, is_root: bool) -> Result<()> {
        if self.schema_is_set && !is_root {
            return Ok(());
        }
        let get = |key: &str| k.openapi.iter().find(|(name, _)| name.text == key);
        match (get("path"), get("version")) {
            (Some((key, _)), Some(_)) => Err(Problem::new(
                ProblemKind::BadKustomization,
                key.trace.place,
                "openapi has either `path` or `version`, not both",
            )),
            (Some((_, path)), None) => {
                let node = loader!(self, here).configuration(&path.text, &path.trace);
                if let Some(node) = self.faults.tolerate(node)?.flatten() {
                    self.schema = Schema::Custom(Arc::new(OpenApi::new(&node)));
                    self.schema_is_set = true;
                }
                Ok(())
            }
            (None, Some((_, version))) if !version.text.is_empty() => {
                if version.text != "v1.21.2" {
                    return Err(Problem::new(
                        ProblemKind::BadKustomization,
                        version.trace.place,
                        format!(
                            "the types of Kubernetes `{}` are not built in",
                            version.text
                        ),
                    )
                    .help("only v1.21.2 is"));
                }
                self.schema_is_set = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Appends the objects of files and folders.
    fn resources(
        &mut self,
        entries: &[Text],
        here: &Here,
        k: &Kustomization,
        made: &mut Accumulator,
    ) -> Result<()> {
        for entry in entries {
            let added = self.resource(entry, here, k, made);
            self.faults.tolerate(added)?;
        }
        Ok(())
    }

    fn resource(
        &mut self,
        entry: &Text,
        here: &Here,
        k: &Kustomization,
        made: &mut Accumulator,
    ) -> Result<()> {
        let loader = loader!(self, here);
        match loader.find(&entry.text) {
            Some(Named::File(_)) => {
                let mut loader = loader;
                let objects = loader.resources(&entry.text, &entry.trace)?;
                let link = link(entry, here, "lists it");
                for mut resource in objects {
                    resource.chain = Chain::default().push(link);
                    if let Some(marks) = &here.marks {
                        marks.mark_file(&mut resource, &entry.text);
                    }
                    self.append(resource, made)?;
                }
                Ok(())
            }
            Some(Named::Folder(folder)) => {
                let inner = self.folder(&folder, entry, here, k)?;
                let link = link(entry, here, "lists it");
                self.merge(inner, link, made)
            }
            None if is_remote(&entry.text)
                || super::super::join(&here.folder, &entry.text).is_none() =>
            {
                self.hole(HoleKind::Remote, &entry.text, entry.trace.place);
                Ok(())
            }
            None => Err(loader.missing(&entry.text, &entry.trace)),
        }
    }

    fn append(&mut self, resource: Resource, made: &mut Accumulator) -> Result<()> {
        self.made += 1;
        if self.made > super::MOST_OBJECTS {
            return Err(Problem::new(
                ProblemKind::TooLarge,
                resource.trace().place,
                format!("the build makes more than {} objects", super::MOST_OBJECTS),
            ));
        }
        let appended = made.objects.append(resource);
        self.faults.tolerate(appended).map(drop)
    }

    fn hole(&mut self, kind: HoleKind, name: &str, place: Place) {
        self.holes.push(Hole {
            kind,
            name: name.to_owned(),
            place,
            namespace: None,
        });
    }

    /// Adds what a folder makes.
    fn merge(
        &mut self,
        inner: Accumulator,
        link: RelatedOrigin,
        made: &mut Accumulator,
    ) -> Result<()> {
        for resource in inner.objects.list() {
            let mut resource = resource.clone();
            resource.chain = resource.chain.push(link);
            self.append(resource, made)?;
        }
        made.add_tables(&inner.tables, Some(link.place))?;
        let added = made.add_variables(&inner.variables);
        self.faults.tolerate(added).map(drop)
    }

    /// The folder of an entry, which must not be one that is being built, nor hold one.
    fn enter(&self, folder: &str, entry: &Text) -> Result<String> {
        let folder = self.canonical(folder);
        match self.stack.iter().find(|open| is_below(open, &folder)) {
            Some(open) => Err(Problem::new(
                ProblemKind::Cycle,
                entry.trace.place,
                format!(
                    "`{}` is or holds the folder {}, whose kustomization leads here",
                    entry.text,
                    if open.is_empty() { "." } else { open }
                ),
            )),
            None => Ok(folder),
        }
    }

    /// What the kustomization of another folder makes.
    fn folder(
        &mut self,
        folder: &str,
        entry: &Text,
        here: &Here,
        outer: &Kustomization,
    ) -> Result<Accumulator> {
        let folder = self.enter(folder, entry)?;
        let inner = inner(&folder, entry, here, outer, false);
        if here.marks.is_some() {
            return self.folder_anew(&inner, entry);
        }
        let now = Circumstances {
            schema: &self.schema,
            chart_namespace: inner.chart_namespace.as_deref(),
            lenient: self.options.lenient,
            restrict: !self.options.anywhere,
            stack: &self.stack,
        };
        if let Some(cached) = self.cache.get(&folder, &now) {
            self.faults.list.extend(cached.problems.iter().cloned());
            self.holes.extend(cached.holes.iter().cloned());
            self.inputs.extend(cached.inputs.iter().cloned());
            self.deprecated.extend(cached.deprecated.iter().cloned());
            self.entered.extend(cached.entered.iter().cloned());
            self.schema = cached.schema_after.clone();
            if cached.chart_namespace.is_some() {
                self.chart_namespace.clone_from(&cached.chart_namespace);
            }
            return Ok(cached.made.clone());
        }
        let before = (
            self.faults.list.len(),
            self.holes.len(),
            self.deprecated.len(),
            self.entered.len(),
            self.schema.clone(),
        );
        let inputs = std::mem::take(&mut self.inputs);
        let charts = self.chart_namespace.take();
        let outcome = self.folder_anew(&inner, entry);
        let own = std::mem::replace(&mut self.inputs, inputs);
        let own_charts = std::mem::replace(&mut self.chart_namespace, charts);
        if let Ok(made) = &outcome {
            let cached = Cached {
                made: made.clone(),
                problems: tail(&self.faults.list, before.0),
                holes: tail(&self.holes, before.1),
                inputs: own.clone(),
                deprecated: tail(&self.deprecated, before.2),
                entered: tail(&self.entered, before.3),
                schema_before: before.4,
                schema_after: self.schema.clone(),
                chart_namespace: own_charts.clone(),
                lenient: self.options.lenient,
                restrict: !self.options.anywhere,
            };
            self.cache.put(&folder, cached);
        }
        self.inputs.extend(own);
        if own_charts.is_some() {
            self.chart_namespace = own_charts;
        }
        outcome
    }

    fn folder_anew(&mut self, inner: &Here, entry: &Text) -> Result<Accumulator> {
        let (k, file) = self.load(&inner.folder, Some(&entry.trace), false)?;
        let inner = Here {
            file,
            ..inner.clone()
        };
        self.use_schema(&k, &inner, false)?;
        if is_component(&k) {
            return Err(Problem::new(
                ProblemKind::BadKustomization,
                entry.trace.place,
                format!("`{}` is a component", entry.text),
            )
            .help("list it under `components`"));
        }
        self.accumulate(&k, &inner, Accumulator::new())
    }

    /// Components work on what is there.
    fn components(
        &mut self,
        k: &Kustomization,
        here: &Here,
        mut made: Accumulator,
    ) -> Result<Accumulator> {
        for entry in &k.components {
            let before = made.clone();
            match self.component(entry, here, k, made) {
                Ok(after) => made = after,
                Err(problem) => {
                    self.faults.note(problem)?;
                    made = before;
                }
            }
        }
        Ok(made)
    }

    fn component(
        &mut self,
        entry: &Text,
        here: &Here,
        outer: &Kustomization,
        made: Accumulator,
    ) -> Result<Accumulator> {
        let loader = loader!(self, here);
        let folder = match loader.find(&entry.text) {
            Some(Named::Folder(folder)) => folder,
            Some(Named::File(_)) => {
                return Err(Problem::new(
                    ProblemKind::BadKustomization,
                    entry.trace.place,
                    format!("`{}` is a file, and a component is a folder", entry.text),
                ));
            }
            None if is_remote(&entry.text)
                || super::super::join(&here.folder, &entry.text).is_none() =>
            {
                self.hole(HoleKind::Remote, &entry.text, entry.trace.place);
                return Ok(made);
            }
            None if self.options.ignore_missing_components => return Ok(made),
            None => return Err(loader.missing(&entry.text, &entry.trace)),
        };
        let folder = self.enter(&folder, entry)?;
        let inner = inner(&folder, entry, here, outer, true);
        let (k, file) = self.load(&inner.folder, Some(&entry.trace), false)?;
        let inner = Here { file, ..inner };
        self.use_schema(&k, &inner, false)?;
        if !is_component(&k) {
            return Err(Problem::new(
                ProblemKind::BadKustomization,
                entry.trace.place,
                format!("`{}` is no component", entry.text),
            )
            .help("list it under `resources`, or give its kustomization `kind: Component`"));
        }
        self.accumulate(&k, &inner, made)
    }

    fn configure(&mut self, k: &Kustomization, here: &Here, made: &mut Accumulator) -> Result<()> {
        let conflict = |path: &Text, spec: &FieldSpec| conflict(Some(path.trace.place), spec);
        let mut own = Tables::default();
        for path in &k.configurations {
            let tables = configure::configuration(path, &mut loader!(self, here));
            let merged =
                tables.and_then(|tables| own.merge(&tables).map_err(|spec| conflict(path, &spec)));
            self.faults.tolerate(merged)?;
        }
        let mut all = Tables::default_tables();
        if let Some(first) = k.configurations.first() {
            let merged = Arc::make_mut(&mut all).merge(&own);
            self.faults
                .tolerate(merged.map_err(|spec| conflict(first, &spec)))?;
        }
        made.add_tables(&all, None)?;
        for path in &k.crds {
            let tables = configure::crds(path, &mut loader!(self, here));
            let merged = tables
                .and_then(|tables| made.add_tables(&Arc::new(tables), Some(path.trace.place)));
            self.faults.tolerate(merged)?;
        }
        Ok(())
    }

    fn generate(&mut self, k: &Kustomization, here: &Here, made: &mut Accumulator) -> Result<()> {
        for (kind, plugin, list) in [
            ("ConfigMap", "ConfigMapGenerator", &k.config_maps),
            ("Secret", "SecretGenerator", &k.secrets),
        ] {
            for generator in list {
                let global = k.generator_options.as_ref();
                let object = generators::make(kind, generator, global, &mut loader!(self, here));
                let Some(mut object) = self.faults.tolerate(object)? else {
                    continue;
                };
                object.chain = Chain::default().push(RelatedOrigin {
                    place: generator.trace.place,
                    what: What::Generator,
                    note: "generates it",
                });
                if let Some(marks) = &here.marks {
                    let text = marks.configured(&here.file, plugin);
                    marks.mark_generated(&mut object, text);
                }
                let absorbed = generators::absorb(&mut made.objects, object);
                self.faults.tolerate(absorbed)?;
            }
        }
        for entry in &k.charts {
            self.chart(entry, k, here, made)?;
        }
        for config in self.configs(&k.generators, here, k)? {
            let objects = plugins::generate(&config, &mut loader!(self, here));
            match self.faults.tolerate(objects)? {
                Some(Some(objects)) => {
                    for mut object in objects {
                        object.chain = config.chain.clone();
                        if let (Some(marks), Some(text)) =
                            (&here.marks, metadata::configured_by(&config))
                        {
                            marks.mark_generated(&mut object, text);
                        }
                        let absorbed = generators::absorb(&mut made.objects, object);
                        self.faults.tolerate(absorbed)?;
                    }
                }
                Some(None) => self.plugin(&config)?,
                None => {}
            }
        }
        Ok(())
    }

    /// A Helm chart.
    fn chart(
        &mut self,
        entry: &Node,
        k: &Kustomization,
        here: &Here,
        made: &mut Accumulator,
    ) -> Result<()> {
        let own = k.namespace.as_ref().map(|text| text.text.as_str());
        let namespace = own.or(here.chart_namespace.as_deref());
        self.chart_namespace = Some(here.chart_namespace.clone());
        let request = Chart {
            folder: &here.folder,
            entry,
            globals: k.helm_globals.as_ref(),
            namespace,
        };
        let rendered = self.options.charts.and_then(|charts| charts(&request));
        let Some(rendered) = rendered else {
            let text = |key: &str| entry.get(key).and_then(Node::text).map(ToString::to_string);
            self.holes.push(Hole {
                kind: HoleKind::Chart,
                name: text("name").unwrap_or_default(),
                place: entry.trace.place,
                namespace: text("namespace").or_else(|| namespace.map(str::to_owned)),
            });
            return Ok(());
        };
        for object in rendered {
            let Some(mut resource) = from_rendered(&object) else {
                continue;
            };
            resource.from_chart = true;
            resource.hook = object.hook;
            let absorbed = generators::absorb(&mut made.objects, resource);
            self.faults.tolerate(absorbed)?;
        }
        Ok(())
    }

    /// What is not built in, kustomize refuses; a lenient build has a hole there.
    fn plugin(&mut self, config: &Resource) -> Result<()> {
        let place = config.trace().place;
        if self.faults.strict {
            return Err(Problem::new(
                ProblemKind::Foreign,
                place,
                format!(
                    "{} is not built into kustomize, which runs no other programs here",
                    config.kind()
                ),
            ));
        }
        self.hole(HoleKind::Plugin, config.kind(), place);
        Ok(())
    }

    /// The objects that configure generators or transformers: texts first, then files and folders.
    fn configs(
        &mut self,
        entries: &[Text],
        here: &Here,
        k: &Kustomization,
    ) -> Result<Vec<Resource>> {
        let mut configs = Accumulator::new();
        let mut paths = Vec::new();
        for entry in entries {
            let inline = loader!(self, here).inline_resources(entry);
            let is_text = entry.text.contains('\n') || entry.text.contains(": ");
            match inline {
                Ok(objects) => {
                    for mut object in objects {
                        if let Some(marks) = &here.marks {
                            marks.mark_inline(&mut object, &here.file);
                        }
                        self.append(object, &mut configs)?;
                    }
                }
                Err(problem) if is_text => self.faults.note(problem)?,
                Err(_) => paths.push(entry.clone()),
            }
        }
        self.resources(&paths, here, k, &mut configs)?;
        Ok(configs.objects.list().to_vec())
    }

    fn external(
        &mut self,
        entries: &[Text],
        here: &Here,
        k: &Kustomization,
    ) -> Result<Vec<Transformer>> {
        let mut all = Vec::new();
        for config in self.configs(entries, here, k)? {
            let faults = &mut self.faults;
            let mut loader = Loader {
                sources: self.sources,
                folder: &here.folder,
                restrict: !self.options.anywhere,
                inputs: &mut self.inputs,
                what: here.what(),
            };
            let configured =
                transformers::configured(&config, &mut loader, &mut |problem| faults.note(problem));
            match self.faults.tolerate(configured)? {
                Some(Some(mut transformer)) => {
                    transformer.configured_by = metadata::configured_by(&config);
                    all.push(transformer);
                }
                Some(None) => self.plugin(&config)?,
                None => {}
            }
        }
        Ok(all)
    }

    /// Patches, namespace, names, labels and all else, over all that is there.
    fn transform(&mut self, k: &Kustomization, here: &Here, made: &mut Accumulator) -> Result<()> {
        let faults = &mut self.faults;
        let mut loader = Loader {
            sources: self.sources,
            folder: &here.folder,
            restrict: !self.options.anywhere,
            inputs: &mut self.inputs,
            what: here.what(),
        };
        let mut all = transformers::built_in(k, &made.tables, &mut loader, &mut |problem| {
            faults.note(problem)
        })?;
        all.extend(self.external(&k.transformers, here, k)?);
        for transformer in &all {
            self.run(transformer, &mut made.objects)?;
            if let Some(marks) = &here.marks {
                let text = transformer
                    .configured_by
                    .clone()
                    .unwrap_or_else(|| marks.configured(&here.file, transformer.kind));
                marks.mark_transformed(&mut made.objects, &text);
            }
            made.objects.drop_empty();
        }
        Ok(())
    }

    fn run(&mut self, transformer: &Transformer, objects: &mut Objects) -> Result<()> {
        let faults = &mut self.faults;
        let done = transformer.apply(objects, &self.schema, &mut |problem| faults.note(problem));
        objects.renamed();
        self.faults.tolerate(done).map(drop)
    }

    /// Validators must change nothing.
    fn validate(&mut self, k: &Kustomization, here: &Here, made: &mut Accumulator) -> Result<()> {
        for validator in self.external(&k.validators, here, k)? {
            let mut copy = made.objects.clone();
            self.run(&validator, &mut copy)?;
            let changed = copy
                .list()
                .iter()
                .zip(made.objects.list())
                .find(|(after, before)| !after.node().same(before.node()));
            if let Some((resource, _)) = changed {
                let problem = Problem::new(
                    ProblemKind::BadKustomization,
                    k.validators.first().map(|entry| entry.trace.place),
                    format!(
                        "a validator must change nothing, and it changes {}",
                        resource.identity()
                    ),
                );
                self.faults.note(problem)?;
            }
        }
        Ok(())
    }

    fn print(&mut self, objects: &Objects) -> Result<Vec<Rendered>> {
        let mut all = Vec::with_capacity(objects.len());
        for resource in objects.list() {
            let (rendered, faults) = resource.render();
            for fault in faults {
                self.faults.note(unprintable(fault, resource))?;
            }
            all.push(rendered);
        }
        Ok(all)
    }
}

/// The problem of a field spec that contradicts one that is there.
fn conflict(place: Option<Place>, spec: &FieldSpec) -> Box<Problem> {
    Problem::new(
        ProblemKind::BadKustomization,
        place,
        format!(
            "the field {} is configured with another `create` already",
            spec.path
        ),
    )
}

fn tail<T: Clone>(list: &[T], from: usize) -> Vec<T> {
    list.get(from..).unwrap_or_default().to_vec()
}

fn is_component(k: &Kustomization) -> bool {
    k.kind.as_ref().is_some_and(|kind| kind.text == "Component")
}

fn link(entry: &Text, here: &Here, note: &'static str) -> RelatedOrigin {
    RelatedOrigin {
        place: entry.trace.place,
        what: if here.is_component {
            What::Component
        } else {
            What::Kustomization
        },
        note,
    }
}

fn inner(
    folder: &str,
    entry: &Text,
    here: &Here,
    outer: &Kustomization,
    is_component: bool,
) -> Here {
    let namespace = outer.namespace.as_ref().map(|text| text.text.to_string());
    Here {
        folder: folder.to_owned(),
        file: String::new(),
        marks: here.marks.as_ref().map(|marks| marks.enter(&entry.text)),
        chart_namespace: namespace
            .filter(|namespace| !namespace.is_empty())
            .or_else(|| here.chart_namespace.clone()),
        is_component,
    }
}

/// What a kustomization file must be.
fn check(k: &Kustomization, path: &str, start: Place) -> Result<()> {
    let fault = |text: Option<&Text>, message: String| {
        let place = text.map_or(start, |text| text.trace.place);
        Err(Problem::new(ProblemKind::BadKustomization, place, message))
    };
    let kind = k.kind.as_ref().filter(|kind| !kind.text.is_empty());
    let wanted = match kind.map(|kind| kind.text.as_str()) {
        None | Some("Kustomization") => "kustomize.config.k8s.io/v1beta1",
        Some("Component") => "kustomize.config.k8s.io/v1alpha1",
        Some(other) => {
            return fault(
                kind,
                format!("the kind of {path} must be Kustomization or Component, not `{other}`"),
            );
        }
    };
    if !k.has_content {
        return fault(None, format!("{path} is empty"));
    }
    let version = k
        .api_version
        .as_ref()
        .filter(|version| !version.text.is_empty());
    if let Some(version) = version.filter(|version| version.text != wanted) {
        return fault(
            Some(version),
            format!(
                "the apiVersion of {path} must be {wanted}, not `{}`",
                version.text
            ),
        );
    }
    Ok(())
}

/// The problem of something that has no form in an object.
fn unprintable(fault: &NotPrintable, resource: &Resource) -> Box<Problem> {
    let who = resource.identity();
    match fault {
        NotPrintable::Key(key) => Problem::new(
            ProblemKind::NotPrintable,
            key.trace.place,
            format!(
                "the key `{}` of {who} is no string, so kustomize can't print the object",
                key.text
            ),
        )
        .help(format!("write it in quotes: \"{}\"", key.text)),
        NotPrintable::Number(text, trace) => Problem::new(
            ProblemKind::NotPrintable,
            trace.place,
            format!("`{text}` in {who} is a number that JSON has no form for"),
        ),
        NotPrintable::Type(text, tag, trace) => Problem::new(
            ProblemKind::NotPrintable,
            trace.place,
            format!(
                "`{text}` in {who} is written over {}, and is none",
                tag.name()
            ),
        ),
    }
}

/// An object that something else has rendered, its places kept.
fn from_rendered(rendered: &Rendered) -> Option<Resource> {
    let tree = crate::yaml::Tree::parse(&rendered.text);
    let document = tree.documents().first()?;
    let root = tree.root(document)?;
    let reader = super::super::value::Reader {
        source: SourceId(u32::MAX),
        text: &rendered.text,
        what: What::Template,
        reads: Reads::Resource,
        inline: None,
    };
    let mut node = reader.read(root);
    if !matches!(node.value, Value::Map(_)) {
        return None;
    }
    node.retrace(&mut |trace| {
        if let Some(origin) = rendered.origin_at(trace.place.span) {
            *trace = Trace::from_origin(origin);
        }
    });
    let mut resource = Resource::new(node);
    resource.chain = rendered
        .chain
        .iter()
        .fold(Chain::default(), |chain, link| chain.push(*link));
    Some(resource)
}
