//! One rendering: values, templates in their order, objects.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::capabilities;
use super::chart::Chart;
use super::coalesce::{coalesce, table, wrap};
use super::context::{chart_object, file_text, files_object, release_map};
use super::decode;
use super::dependencies::{self, ChartNode, is_compatible};
use super::engine::{Engine, Template, TemplateText, without_no_value};
use super::fault::{Fault, Reason, Res};
use super::layers;
use super::marks::place_of;
use super::options::{MissingDependency, Options, Output};
use super::output::{self, Document};
use super::parser;
use super::problem::{Problem, ProblemKind};
use super::schema;
use super::semver::Version;
use super::text::Text;
use super::track::Tracker;
use super::value::{Data, Map, MapKind, MapRef, Val, put};
use crate::render::value::Node;
use crate::render::{Place, Sources, What};
use crate::yaml::Span;

/// What stops a rendering: a problem that is known, or a fault of a template.
pub(super) enum Stop {
    Problem(Box<Problem>),
    Fault(Box<Fault>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Box<Fault>> for Stop {
    fn from(fault: Box<Fault>) -> Self {
        Self::Fault(fault)
    }
}

/// Renders a chart.
pub(super) fn render(sources: &Sources, chart: &Arc<Chart>, options: &Options) -> Output {
    let mut output = Output::default();
    let mut engine = Engine::new(Tracker::default());
    let mut release = Release {
        sources,
        chart,
        options,
        kubernetes: String::new(),
        capabilities: Val::nil(),
    };
    let result = release.run(&mut engine, &mut output);
    output.absent_versions = engine.absent_versions.iter().cloned().collect();
    if let Err(stop) = result {
        output.objects.clear();
        let problem = match stop {
            Stop::Problem(problem) => *problem,
            Stop::Fault(fault) => explain(&engine.tracker, &fault),
        };
        output.problems.push(problem);
    }
    engine.release();
    output
}

/// Runs a template that belongs to no chart.
pub(super) fn execute(text: &str, parameters: &Node, strict: bool) -> Result<String, String> {
    let parsed = parser::parse(text.as_bytes()).map_err(|error| error.message)?;
    let mut engine = Engine::new(Tracker::default());
    engine.strict = strict;
    let mut run = || -> Res<String> {
        let dot = decode::tree(&mut engine.tracker, parameters)?;
        let source = TemplateText::Inline(Text::plain(text));
        for (name, body) in &parsed.defines {
            let template = Rc::new(Template {
                text: source.clone(),
                body: Arc::clone(body),
            });
            engine.define(name, template);
        }
        let template = Rc::new(Template {
            text: source,
            body: Arc::clone(&parsed.main),
        });
        Ok(engine.execute(template, dot)?.lossy().into_owned())
    };
    let result = run().map_err(|fault| fault.message.clone());
    engine.release();
    result
}

/// A fault with its places.
fn explain(tracker: &Tracker, fault: &Fault) -> Problem {
    let kind = match fault.reason {
        Reason::Parse => ProblemKind::Template,
        Reason::Execution => ProblemKind::Execution,
        Reason::Refused => ProblemKind::Refused,
        Reason::Limit => ProblemKind::Limit,
    };
    let mut problem = Problem::new(kind, fault.message.clone());
    problem.place = fault.place;
    let inputs = fault.inputs.iter().flat_map(|id| tracker.nodes(*id));
    for place in inputs.filter_map(|id| place_of(tracker, id)).take(8) {
        if problem.place.is_none() {
            problem.place = Some(place);
        } else if !problem.related.iter().any(|(known, _)| *known == place) {
            problem.related.push((place, "its value comes from here"));
        }
    }
    for call in tracker.calls(fault.chain) {
        problem.related.push((call, "included from here"));
    }
    problem
}

struct Release<'r> {
    sources: &'r Sources,
    chart: &'r Arc<Chart>,
    options: &'r Options,
    kubernetes: String,
    capabilities: Val,
}

/// A template that is executed, and the chart's context.
struct Job {
    path: String,
    base: String,
    context: MapRef,
    template: Rc<Template>,
}

impl Release<'_> {
    fn run(&mut self, engine: &mut Engine, output: &mut Output) -> Result<(), Stop> {
        let version = self.check_options()?;
        let mut root = ChartNode::new(self.chart, &mut engine.tracker)?;
        let given = layers::given(self.sources, self.options, &mut engine.tracker)?;
        let mut absent = Vec::new();
        if !self.options.lenient {
            self.check_present()?;
        }
        dependencies::choose(&mut root, &given, "", &mut absent)?;
        output.missing = absent
            .into_iter()
            .map(|absent| MissingDependency {
                name: absent.dependency.used_name().to_owned(),
                version: absent.dependency.version,
                repository: absent.dependency.repository,
                place: absent.dependency.place,
                enabled: absent.enabled,
            })
            .collect();
        dependencies::import_values(&mut root)?;
        let values = coalesce(&root, &given, false)?;
        let values: Val = Data::Map(values, MapKind::Values).into();
        if !self.options.skip_schema {
            let mut found = Vec::new();
            schema::check(&mut engine.tracker, &root, &values, &mut found)?;
            let refused = found.iter().any(Problem::is_error);
            output.problems.append(&mut found);
            if refused {
                output.objects.clear();
                return Ok(());
            }
        }
        self.check_kubernetes()?;
        self.capabilities =
            capabilities::object(&self.kubernetes, &version, &self.options.api_versions)?;
        let mut jobs = BTreeMap::new();
        let release = Val::map(release_map(engine, self.options));
        self.contexts(engine, &root, &values, &release, None, &mut jobs)?;
        let texts = self.execute(engine, jobs)?;
        self.assemble(engine, &root, texts, output)
    }

    fn check_options(&mut self) -> Result<Version, Problem> {
        let name = &self.options.release_name;
        if !is_release_name(name) {
            return Err(Problem::new(
                ProblemKind::Option,
                format!(
                    "release name {name:?} is not valid: it must be lower case letters, digits, \
                     '-' and '.', with a letter or digit at both ends of each part, and at most 53 \
                     characters"
                ),
            ));
        }
        let given = self.options.kube_version.as_deref();
        let given = given.unwrap_or(capabilities::KUBERNETES);
        let Some((shown, version)) = capabilities::kube_version(given) else {
            let message = format!("{given:?} is not a Kubernetes version");
            return Err(Problem::new(ProblemKind::Option, message));
        };
        self.kubernetes = shown;
        if self.chart.is_library() {
            let message = format!(
                "{} is a library chart, which cannot be installed",
                self.chart.name()
            );
            return Err(Problem::of_chart(message));
        }
        Ok(version)
    }

    fn check_present(&self) -> Result<(), Problem> {
        for dependency in &self.chart.metadata.dependencies {
            let mut charts = self.chart.charts.iter();
            if !charts.any(|chart| chart.name() == dependency.name) {
                let message = format!(
                    "the dependency {} is in Chart.yaml but not in charts/; `helm dependency \
                     build` fetches it",
                    dependency.name
                );
                let mut problem = Problem::new(ProblemKind::Dependency, message);
                problem.place = dependency.place;
                return Err(problem);
            }
        }
        Ok(())
    }

    fn check_kubernetes(&self) -> Result<(), Problem> {
        let wanted = &self.chart.metadata.kube_version;
        if wanted.is_empty() || is_compatible(wanted, &self.kubernetes) {
            return Ok(());
        }
        Err(Problem::of_chart(format!(
            "the chart requires Kubernetes {wanted}, which {} is not",
            self.kubernetes
        )))
    }

    /// The contexts of a chart and of those in it, and their templates by path.
    fn contexts(
        &self,
        engine: &mut Engine,
        node: &ChartNode,
        values: &Val,
        release: &Val,
        parent: Option<&str>,
        jobs: &mut BTreeMap<String, Job>,
    ) -> Result<Val, Stop> {
        let path = match parent {
            Some(parent) => format!("{parent}/charts/{}", node.name),
            None => node.name.clone(),
        };
        let context = table();
        let subcharts = table();
        {
            let mut map = context.borrow_mut();
            put(
                &mut map,
                "Chart",
                chart_object(engine, node, parent.is_none())?,
            );
            put(&mut map, "Files", files_object(engine, &node.chart));
            put(&mut map, "Release", release.clone());
            put(&mut map, "Capabilities", self.capabilities.clone());
            put(&mut map, "Values", values.clone());
            put(&mut map, "Subcharts", wrap(&subcharts));
        }
        for sub in &node.charts {
            let inner = match values.get(&sub.name).map(|val| val.data) {
                Some(Data::Map(map, _)) => Data::Map(map, MapKind::Values).into(),
                _ => Data::Map(table(), MapKind::Values).into(),
            };
            let inner = self.contexts(engine, sub, &inner, release, Some(&path), jobs)?;
            put(&mut subcharts.borrow_mut(), &sub.name, inner);
        }
        for file in &node.chart.templates {
            let base = file
                .path
                .rsplit_once('/')
                .map_or(file.path.as_str(), |(_, name)| name);
            if node.chart.is_library() && !base.starts_with('_') {
                continue;
            }
            let full = format!("{path}/{}", file.path);
            let parsed = match file.parsed() {
                Ok(parsed) => parsed,
                Err(error) => {
                    let kind = if error.reason == Reason::Limit {
                        ProblemKind::Limit
                    } else {
                        ProblemKind::Template
                    };
                    let place = Place {
                        source: file.file.source,
                        span: Span {
                            start: error.at,
                            end: error.at,
                        },
                    };
                    return Err(Problem::new(kind, error.message.clone()).at(place).into());
                }
            };
            let text = TemplateText::File(file.file.source, Arc::clone(&file.file.text));
            let template = Rc::new(Template {
                text: text.clone(),
                body: Arc::clone(&parsed.main),
            });
            let job = Job {
                base: format!("{path}/templates"),
                context: Rc::clone(&context),
                template,
                path: full.clone(),
            };
            jobs.insert(full.clone(), job);
            for (name, body) in &parsed.defines {
                let template = Rc::new(Template {
                    text: text.clone(),
                    body: Arc::clone(body),
                });
                engine.pending.push((full.clone(), name.clone(), template));
            }
        }
        Ok(wrap(&context))
    }

    /// Defines all templates, then runs those that are not only for others.
    fn execute(
        &self,
        engine: &mut Engine,
        jobs: BTreeMap<String, Job>,
    ) -> Result<BTreeMap<String, Text>, Stop> {
        let depth = |path: &str| path.matches('/').count();
        let mut order: Vec<&Job> = jobs.values().collect();
        // The deepest first, and of one depth the last by name.
        order.sort_by(|a, b| {
            depth(&b.path)
                .cmp(&depth(&a.path))
                .then_with(|| b.path.cmp(&a.path))
        });
        let mut pending: BTreeMap<String, Vec<(Box<str>, Rc<Template>)>> = BTreeMap::new();
        for (path, name, template) in std::mem::take(&mut engine.pending) {
            pending.entry(path).or_default().push((name, template));
        }
        for job in &order {
            for (name, template) in pending.remove(&job.path).unwrap_or_default() {
                engine.define(&name, template);
            }
            engine.define(&job.path, Rc::clone(&job.template));
        }
        let mut texts = BTreeMap::new();
        for job in &order {
            let base = job
                .path
                .rsplit_once('/')
                .map_or(job.path.as_str(), |(_, name)| name);
            if base.starts_with('_') {
                continue;
            }
            let Some(template) = engine.templates.get(&*job.path).cloned() else {
                continue;
            };
            let mut about = Map::new();
            put(&mut about, "Name", job.path.as_str());
            put(&mut about, "BasePath", job.base.as_str());
            put(&mut job.context.borrow_mut(), "Template", Val::map(about));
            let text = engine.execute(template, wrap(&job.context))?;
            engine.total += text.len();
            if engine.total > TOTAL {
                return Err(Fault::limit("the chart renders to more than 64 MiB").into());
            }
            texts.insert(job.path.clone(), without_no_value(&text));
        }
        Ok(texts)
    }

    fn assemble(
        &self,
        engine: &mut Engine,
        root: &ChartNode,
        texts: BTreeMap<String, Text>,
        output: &mut Output,
    ) -> Result<(), Stop> {
        let placeholders = self.options.placeholders;
        if self.options.crds {
            self.crds(engine, root, None, output)?;
        }
        let mut documents: Vec<Document> = Vec::new();
        for (path, text) in &texts {
            if path.ends_with("NOTES.txt") {
                continue;
            }
            for part in output::split(text) {
                let document = output::document(&engine.tracker, &part, path, placeholders)?;
                documents.extend(document);
            }
        }
        output::sort(&mut documents);
        for document in documents {
            output.paths.push(document.path.into());
            output.objects.push(document.rendered);
        }
        Ok(())
    }

    fn crds(
        &self,
        engine: &mut Engine,
        node: &ChartNode,
        parent: Option<&str>,
        output: &mut Output,
    ) -> Result<(), Stop> {
        let prefix = match parent {
            Some(parent) => format!("{parent}/charts/{}", node.name),
            None => node.name.clone(),
        };
        for file in &node.chart.files {
            let is_manifest = [".yaml", ".yml", ".json"]
                .iter()
                .any(|extension| file.path.ends_with(extension));
            if !file.path.starts_with("crds/") || !is_manifest {
                continue;
            }
            let text = file_text(engine, file, What::Base);
            let path = format!("{prefix}/{}", file.path);
            for part in output::split(&text) {
                if let Some(document) =
                    output::document(&engine.tracker, &part, &path, self.options.placeholders)?
                {
                    output.paths.push(document.path.into());
                    output.objects.push(document.rendered);
                }
            }
        }
        let mut rest: Vec<&ChartNode> = node.charts.iter().collect();
        for dependency in &node.dependencies {
            let name = dependency.used_name();
            if let Some(at) = rest.iter().position(|chart| chart.name == name) {
                self.crds(engine, rest.remove(at), Some(&prefix), output)?;
            }
        }
        for chart in rest {
            self.crds(engine, chart, Some(&prefix), output)?;
        }
        Ok(())
    }
}

/// All texts of a chart together, in bytes.
const TOTAL: usize = 64 * 1024 * 1024;

fn is_release_name(name: &str) -> bool {
    let end = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.len() <= 53
        && name.split('.').all(|part| {
            end(part.bytes().next())
                && end(part.bytes().last())
                && part.bytes().all(|byte| end(Some(byte)) || byte == b'-')
        })
}
