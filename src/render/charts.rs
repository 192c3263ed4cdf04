//! Charts and Go templates for GitOps objects.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::gitops::{Cluster, Engines, Fault, FaultKind, Layer, Release, Released, Unknown};
use super::helm::{self, Chart, Options, Output, Problem};
use super::value::Node;
use super::{Place, RelatedOrigin, Sources, What, join};

type Loaded = Result<Arc<Chart>, Problem>;

/// The charts of a repository, each read once.
#[derive(Debug)]
pub struct Charts {
    sources: Arc<Sources>,
    /// API versions beside those of Kubernetes.
    versions: Vec<String>,
    loaded: Mutex<FxHashMap<String, Loaded>>,
}

impl Charts {
    /// The charts of these sources.
    pub fn new(sources: Arc<Sources>) -> Self {
        Self::with_versions(sources, Vec::new())
    }

    /// The charts of these sources for a cluster that has these API versions as well:
    /// `group/version` and `group/version/Kind`.
    pub fn with_versions(sources: Arc<Sources>, versions: Vec<String>) -> Self {
        Self {
            sources,
            versions,
            loaded: Mutex::default(),
        }
    }

    fn load(&self, path: &str) -> Loaded {
        self.load_within(path, &mut Vec::new())
    }

    /// Loads a chart, with the dependencies that lie beside it; `around` are the charts that it is
    /// loaded for.
    fn load_within(&self, path: &str, around: &mut Vec<String>) -> Loaded {
        if let Ok(loaded) = self.loaded.lock()
            && let Some(known) = loaded.get(path)
        {
            return known.clone();
        }
        around.push(path.to_owned());
        let result = Chart::load(&self.sources, path).map(|chart| {
            let beside: Vec<String> = chart
                .local_dependencies()
                .filter_map(|relative| join(path, relative))
                .filter(|path| around.len() < helm::DEEPEST && !around.contains(path))
                .collect();
            let charts = beside.iter();
            let charts = charts.filter_map(|path| self.load_within(path, around).ok());
            let charts = charts.collect();
            chart.with_charts(charts)
        });
        around.pop();
        if let Ok(mut loaded) = self.loaded.lock() {
            loaded.insert(path.to_owned(), result.clone());
        }
        result
    }
}

impl Engines for Charts {
    fn release(&self, release: &Release) -> Option<Released> {
        let mut released = Released::default();
        let chart = match self.load(&release.chart) {
            Ok(chart) => chart,
            Err(problem) => {
                released.faults.push(fault(&problem, release.place));
                return Some(released);
            }
        };
        let path = |source| self.sources.path(source).to_string();
        released.files.extend(chart.sources().into_iter().map(path));
        for layer in &release.values {
            if let Layer::File { path, .. } = layer {
                released.files.push(path.clone());
            }
        }
        let output = helm::render_chart(&self.sources, &chart, &options(release, &self.versions));
        let Output {
            objects,
            problems,
            missing,
            ..
        } = output;
        released.objects = objects;
        let errors = problems.iter().filter(|problem| problem.is_error());
        released.faults = errors
            .map(|problem| fault(problem, release.place))
            .collect();
        for dependency in missing.into_iter().filter(|missing| missing.enabled) {
            released.unknown.push(Unknown {
                namespace: Some(release.namespace.clone()),
                because: format!(
                    "chart {} {} ({}) is not in charts/ of {}",
                    dependency.name,
                    dependency.version,
                    dependency.repository,
                    chart.name()
                ),
                place: dependency.place.unwrap_or(release.place),
                cluster: Cluster::new(),
            });
        }
        Some(released)
    }

    fn template(
        &self,
        text: &str,
        parameters: &Node,
        strict: bool,
    ) -> Option<Result<String, String>> {
        Some(helm::execute(text, parameters, strict))
    }
}

fn options(release: &Release, versions: &[String]) -> Options {
    let values = release.values.iter().map(|layer| match layer {
        Layer::File { path, .. } => helm::Layer::File(path.clone()),
        Layer::Tree(node) => helm::Layer::Tree(node.clone()),
        Layer::Set {
            text,
            as_text,
            place,
        } => helm::Layer::Set {
            expression: text.clone(),
            place: Some((*place, What::Values)),
            strings: *as_text,
        },
    });
    Options {
        release_name: release.name.to_string(),
        namespace: release.namespace.to_string(),
        kube_version: release.kube_version.as_deref().map(str::to_owned),
        api_versions: release
            .api_versions
            .iter()
            .map(ToString::to_string)
            .chain(versions.iter().cloned())
            .collect(),
        values: values.collect(),
        lenient: release.lenient,
        placeholders: true,
        ..Options::default()
    }
}

/// A problem as a mistake; one without a place of its own is at `place`.
fn fault(problem: &Problem, place: Place) -> Fault {
    let related = problem.related.iter().map(|(place, note)| RelatedOrigin {
        place: *place,
        what: What::Template,
        note,
    });
    Fault {
        kind: match problem.kind {
            helm::ProblemKind::Refused => FaultKind::HelmDemand,
            _ => FaultKind::Helm,
        },
        place: problem.place.unwrap_or(place),
        message: problem.message.clone(),
        help: None,
        related: related.collect(),
        cluster: Cluster::new(),
    }
}
