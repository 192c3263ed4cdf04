//! GitOps objects followed inside the repository: what Flux and Argo CD make of the folders, charts
//! and parameters that they name, and of the GitOps objects among that.
//!
//! [`Gitops::follow`] takes roots and gives all objects that come of them, each with what applies
//! it, the cluster it goes to and the namespace it falls into. What comes from elsewhere is
//! [`Unknown`]. *Opens no connection*; nothing is applied twice in one cluster.

mod chart;
mod follow;
mod manifests;
mod object;
mod output;
mod release;
mod repository;
mod scope;

pub(super) use chart::chart;
pub(super) use follow::{Following, Next, place_of, shown};
pub use follow::{Gitops, Root, hole_name, is_gitops};
pub use manifests::{Manifest, Manifests};
pub use object::{Identity, Object, objects_of};
pub use output::{Applied, Cluster, Fault, FaultKind, Output, Step, Unknown, from_problem};
pub use release::{Engines, Layer, Release, Released};
pub use repository::{Addresses, normal};
pub use scope::is_cluster_scoped;
