//! What a rendering is asked for, and what it gives.

use std::sync::Arc;

use super::problem::Problem;
use crate::render::value::Node;
use crate::render::{Place, Rendered, SourceId, What};

/// How a chart is rendered.
#[derive(Debug, Clone)]
pub struct Options {
    /// `.Release.Name`.
    pub release_name: String,
    /// Where the release name is written.
    pub release_place: Option<(Place, What)>,
    /// `.Release.Namespace`.
    pub namespace: String,
    /// Where the namespace is written.
    pub namespace_place: Option<(Place, What)>,
    /// The version of Kubernetes; that of Helm's client when there is none.
    pub kube_version: Option<String>,
    /// API versions beside those of Helm's client: `group/version` and `group/version/Kind`.
    pub api_versions: Vec<String>,
    /// Values over those of the chart, the last wins.
    pub values: Vec<Layer>,
    /// Whether the objects of `crds/` are among the result.
    pub crds: bool,
    /// Whether a dependency that is not in `charts/` is listed, and the rest rendered.
    pub lenient: bool,
    /// Whether the schema of the values is left unchecked.
    pub skip_schema: bool,
    /// Whether values that differ from run to run are written as placeholders that match
    /// anything.
    pub placeholders: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            release_name: "release-name".to_owned(),
            release_place: None,
            namespace: "default".to_owned(),
            namespace_place: None,
            kube_version: None,
            api_versions: Vec::new(),
            values: Vec::new(),
            crds: true,
            lenient: false,
            skip_schema: false,
            placeholders: false,
        }
    }
}

/// Values from one place.
#[derive(Debug, Clone)]
pub enum Layer {
    /// A file of the sources.
    File(String),
    /// A text of the sources that is no file of the tree.
    Source(SourceId),
    /// A tree, such as `spec.values` of a `HelmRelease`.
    Tree(Node),
    /// An expression as of `--set`.
    Set {
        /// `path=value`, several between commas.
        expression: String,
        /// Where it is written; else the expression is a source of its own, named `--set`.
        place: Option<(Place, What)>,
        /// Whether all values are strings.
        strings: bool,
    },
}

/// A dependency that `Chart.yaml` names and `charts/` lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDependency {
    /// Its alias, or its name.
    pub name: String,
    /// The constraint on its version.
    pub version: String,
    /// Where it could be fetched.
    pub repository: String,
    /// Where it is named.
    pub place: Option<Place>,
    /// Whether its condition and tags enable it.
    pub enabled: bool,
}

/// What a chart renders to.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// The objects: those of `crds/`, then others in the order of installation, then hooks. Tests
    /// are left out.
    pub objects: Vec<Rendered>,
    /// The path of the template of each object, as Helm names it.
    pub paths: Vec<Arc<str>>,
    /// What is wrong; there are no objects if something stops the rendering.
    pub problems: Vec<Problem>,
    /// Dependencies that are not there.
    pub missing: Vec<MissingDependency>,
    /// API versions that templates asked for in vain.
    pub absent_versions: Vec<String>,
}
