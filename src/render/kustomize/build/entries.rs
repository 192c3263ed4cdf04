//! Files, folders and components that a kustomization lists.

use super::read::is_component;
use super::{Accumulator, Here, Run};
use crate::render::kustomize::cache::{Cached, Circumstances};
use crate::render::kustomize::file::{Kustomization, Text};
use crate::render::kustomize::loader::{Named, is_below, is_remote};
use crate::render::kustomize::problem::{Hole, HoleKind, Problem, ProblemKind, Result};
use crate::render::kustomize::resource::{Chain, Resource};
use crate::render::{Place, RelatedOrigin, What};

impl Run<'_> {
    /// Appends the objects of files and folders.
    pub(super) fn resources(
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

    pub(super) fn resource(
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
                || crate::render::join(&here.folder, &entry.text).is_none() =>
            {
                self.hole(HoleKind::Remote, &entry.text, entry.trace.place);
                Ok(())
            }
            None => Err(loader.missing(&entry.text, &entry.trace)),
        }
    }

    pub(super) fn append(&mut self, resource: Resource, made: &mut Accumulator) -> Result<()> {
        self.made += 1;
        if self.made > crate::render::kustomize::MOST_OBJECTS {
            return Err(Problem::new(
                ProblemKind::TooLarge,
                resource.trace().place,
                format!(
                    "the build makes more than {} objects",
                    crate::render::kustomize::MOST_OBJECTS
                ),
            ));
        }
        let appended = made.objects.append(resource);
        self.faults.tolerate(appended).map(drop)
    }

    pub(super) fn hole(&mut self, kind: HoleKind, name: &str, place: Place) {
        self.holes.push(Hole {
            kind,
            name: name.to_owned(),
            place,
            namespace: None,
        });
    }

    /// Adds what a folder makes.
    pub(super) fn merge(
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
    pub(super) fn enter(&self, folder: &str, entry: &Text) -> Result<String> {
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
    pub(super) fn folder(
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
            self.has_charts |= cached.has_charts;
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
        let charts = std::mem::take(&mut self.has_charts);
        let outcome = self.folder_anew(&inner, entry);
        let own = std::mem::replace(&mut self.inputs, inputs);
        let has_charts = self.has_charts;
        self.has_charts |= charts;
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
                has_charts,
                chart_namespace: inner.chart_namespace.clone(),
                lenient: self.options.lenient,
                restrict: !self.options.anywhere,
            };
            self.cache.put(&folder, cached);
        }
        self.inputs.extend(own);
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
    pub(super) fn components(
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
                || crate::render::join(&here.folder, &entry.text).is_none() =>
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
}

fn tail<T: Clone>(list: &[T], from: usize) -> Vec<T> {
    list.get(from..).unwrap_or_default().to_vec()
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
