//! Transformers and validators of a kustomization, and printing at last.

use super::{Accumulator, Here, Run};
use crate::render::Rendered;
use crate::render::kustomize::configured::configured;
use crate::render::kustomize::file::{Kustomization, Text};
use crate::render::kustomize::loader::Loader;
use crate::render::kustomize::metadata;
use crate::render::kustomize::objects::Objects;
use crate::render::kustomize::patches::Types;
use crate::render::kustomize::problem::{Problem, ProblemKind, Result};
use crate::render::kustomize::resource::Resource;
use crate::render::kustomize::transformers::{self, Transformer};
use crate::render::value::NotPrintable;

impl Run<'_> {
    pub(super) fn external(
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
            let configured = configured(&config, &mut loader, &mut |problem| faults.note(problem));
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
    pub(super) fn transform(
        &mut self,
        k: &Kustomization,
        here: &Here,
        made: &mut Accumulator,
    ) -> Result<()> {
        self.faults.has_hole = !self.holes.is_empty();
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

    pub(super) fn run(&mut self, transformer: &Transformer, objects: &mut Objects) -> Result<()> {
        let faults = &mut self.faults;
        let types = Types {
            schema: &self.schema,
            sources: self.sources,
        };
        let done = transformer.apply(objects, &types, &mut |problem| faults.note(problem));
        objects.renamed();
        self.faults.tolerate(done).map(drop)
    }

    /// Validators must change nothing.
    pub(super) fn validate(
        &mut self,
        k: &Kustomization,
        here: &Here,
        made: &mut Accumulator,
    ) -> Result<()> {
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

    pub(super) fn print(&mut self, objects: &Objects) -> Result<Vec<Rendered>> {
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
