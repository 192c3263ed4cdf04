//! Tables and generators of a kustomization.

use std::sync::Arc;

use super::accumulator::conflict;
use super::{Accumulator, Chart, Here, Run};
use crate::render::kustomize::absorb::absorb;
use crate::render::kustomize::fieldspec::FieldSpec;
use crate::render::kustomize::file::{Kustomization, Text};
use crate::render::kustomize::problem::{Hole, HoleKind, Problem, ProblemKind, Result};
use crate::render::kustomize::resource::{Chain, Resource};
use crate::render::kustomize::tables::Tables;
use crate::render::kustomize::{configure, generators, metadata, plugins};
use crate::render::value::{Node, Reads, Trace, Value};
use crate::render::{RelatedOrigin, Rendered, SourceId, What};

impl Run<'_> {
    pub(super) fn configure(
        &mut self,
        k: &Kustomization,
        here: &Here,
        made: &mut Accumulator,
    ) -> Result<()> {
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

    pub(super) fn generate(
        &mut self,
        k: &Kustomization,
        here: &Here,
        made: &mut Accumulator,
    ) -> Result<()> {
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
                let absorbed = absorb(&mut made.objects, object);
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
                        let absorbed = absorb(&mut made.objects, object);
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
    pub(super) fn chart(
        &mut self,
        entry: &Node,
        k: &Kustomization,
        here: &Here,
        made: &mut Accumulator,
    ) -> Result<()> {
        let own = k.namespace.as_ref().map(|text| text.text.as_str());
        let namespace = own.or(here.chart_namespace.as_deref());
        self.has_charts = true;
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
            let absorbed = absorb(&mut made.objects, resource);
            self.faults.tolerate(absorbed)?;
        }
        Ok(())
    }

    /// What is not built in, kustomize refuses; a lenient build has a hole there.
    pub(super) fn plugin(&mut self, config: &Resource) -> Result<()> {
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
    pub(super) fn configs(
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
}

/// An object that something else has rendered, its places kept.
fn from_rendered(rendered: &Rendered) -> Option<Resource> {
    let tree = crate::yaml::Tree::parse(&rendered.text);
    let document = tree.documents().first()?;
    let root = tree.root(document)?;
    let reader = crate::render::value::Reader {
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
