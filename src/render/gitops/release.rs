//! What GitOps objects ask of a renderer of charts and of Go templates.

use ecow::EcoString;

use super::output::{Fault, Unknown};
use crate::render::value::Node;
use crate::render::{Place, Rendered};

/// A chart of the repository with what it is installed with.
#[derive(Debug, Clone)]
pub struct Release {
    /// The folder or archive of the chart.
    pub chart: String,
    /// The name of the release.
    pub name: EcoString,
    /// The namespace of the release.
    pub namespace: EcoString,
    /// Values over those of the chart, later ones win.
    pub values: Vec<Layer>,
    /// What stands for the version of Kubernetes; `None` for the renderer's own.
    pub kube_version: Option<EcoString>,
    /// API versions beside those of Kubernetes.
    pub api_versions: Vec<EcoString>,
    /// The object that installs it.
    pub place: Place,
    /// Whether to go on without dependencies that aren't there.
    pub lenient: bool,
}

/// A layer of values.
#[derive(Debug, Clone)]
pub enum Layer {
    /// A file of the repository.
    File {
        /// Its path.
        path: String,
        /// What names it.
        place: Place,
    },
    /// A tree.
    Tree(Node),
    /// One value at a path as `--set` takes it.
    Set {
        /// The path, and with `=` behind it the value.
        text: String,
        /// Whether the value is a text whatever it looks like.
        as_text: bool,
        /// What sets it.
        place: Place,
    },
}

/// What a chart makes.
#[derive(Debug, Default)]
pub struct Released {
    /// The objects.
    pub objects: Vec<Rendered>,
    /// The mistakes.
    pub faults: Vec<Fault>,
    /// What of it can't be known.
    pub unknown: Vec<Unknown>,
    /// Files that were read.
    pub files: Vec<String>,
}

/// Renderers that GitOps objects need, and that know nothing of GitOps.
pub trait Engines: Sync {
    /// Renders a chart of the repository; `None` where charts aren't rendered.
    fn release(&self, release: &Release) -> Option<Released>;

    /// Executes a Go template over parameters; `strict` refuses missing keys. `None` where
    /// templates aren't executed.
    fn template(
        &self,
        text: &str,
        parameters: &Node,
        strict: bool,
    ) -> Option<Result<String, String>>;
}
