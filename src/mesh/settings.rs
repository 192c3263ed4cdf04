//! What the user tells about the mesh beside the objects.

use jiff::Timestamp;

use super::evidence::Others;
use super::istio_version::IstioVersion;
use super::quirks::Quirks;
use crate::load::{Folder, Gap, Made};
use crate::model::Str;
use crate::model::mesh_config::MeshConfig;

/// What the user tells about the mesh beside the objects.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Which of upstream's quirks are reproduced.
    pub quirks: Quirks,
    /// What isn't in the input doesn't exist.
    pub closed_world: bool,
    /// The version of Istio that the manifests are for.
    pub istio_version: IstioVersion,
    /// A MeshConfig that takes the place of every one in the input.
    pub mesh_config: Option<MeshConfig>,
    /// The domain below which services live, such as `svc.cluster.local` (Kiali's
    /// `istio_identity_domain`).
    pub identity_domain: Option<Str>,
    /// What exists outside the input.
    pub external: External,
    /// The time of the run; `None` where nothing is to depend on it. Nothing else tells the time, so
    /// that the same input gives the same findings.
    pub now: Option<Timestamp>,
    /// The namespace in which objects stand whose manifests name none.
    pub default_namespace: Str,
    /// The folder of each source, by its number in the run; none when all objects come from one
    /// text.
    pub folders: Vec<Folder>,
    /// Documents that could not be read: what they hold is unknown, not missing.
    pub gaps: Vec<Gap>,
    /// What operators make for objects of the input.
    pub made: Vec<Made>,
    /// What other worlds of the repository hold; `None` where they are other clusters, which need not
    /// have what this one lacks.
    pub others: Option<Others>,
}

/// What exists outside the input. A name may begin or end with a star.
#[derive(Debug, Clone, Default)]
pub struct External {
    /// Hosts by full name, such as `*.legacy.svc.cluster.local`.
    pub hosts: Vec<Str>,
    /// Namespaces.
    pub namespaces: Vec<Str>,
    /// Gateways, `namespace/name`.
    pub gateways: Vec<Str>,
    /// Service accounts, `namespace/name`.
    pub service_accounts: Vec<Str>,
    /// Secrets and ConfigMaps that hold keys and certificates, `namespace/name`.
    pub credentials: Vec<Str>,
}

impl External {
    /// Whether one of `names` is `name`, or covers it with a star at one end.
    pub fn has(names: &[Str], name: &str) -> bool {
        names.iter().any(|pattern| {
            if let Some(prefix) = pattern.strip_suffix('*') {
                name.starts_with(prefix)
            } else if let Some(suffix) = pattern.strip_prefix('*') {
                name.ends_with(suffix)
            } else {
                pattern == name
            }
        })
    }
}
