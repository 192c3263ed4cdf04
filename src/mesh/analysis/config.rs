//! The mesh config and the mesh networks that the analysis goes by.

use super::Analysis;
use super::added::ISTIO_NAMESPACE;
use crate::model::mesh_config::{MeshConfig, MeshNetworks};
use crate::model::{Object, ObjectId, Str};

/// The mesh-wide settings.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) mesh: MeshConfig,
    pub(super) root_namespace: Str,
    pub(super) networks: Option<(ObjectId, MeshNetworks)>,
}

impl<'m> Analysis<'m> {
    pub(super) fn config(self) -> &'m Config {
        self.memory.config.get_or_init(|| self.read_config())
    }

    /// The mesh config.
    pub fn mesh_config(self) -> &'m MeshConfig {
        &self.config().mesh
    }

    /// The namespace whose policies hold for the whole mesh.
    pub fn root_namespace(self) -> &'m str {
        &self.config().root_namespace
    }

    /// The mesh networks, and the ConfigMap that holds them.
    pub fn networks(self) -> Option<(ObjectId, &'m MeshNetworks)> {
        let (object, networks) = self.config().networks.as_ref()?;
        Some((*object, networks))
    }

    fn read_config(self) -> Config {
        if self.quirks().only_default_mesh_config {
            return self.read_config_map();
        }
        let plane = self.mesh.places.control_planes().first();
        let mesh = plane.map(|plane| plane.config.clone()).unwrap_or_default();
        let root = plane.map_or(ISTIO_NAMESPACE, |plane| {
            self.mesh.places.name(plane.root_namespace)
        });
        let networks = self
            .config_maps()
            .filter(|map| map.name() == "istio" || map.name().starts_with("istio-"))
            .find_map(networks);
        Config {
            root_namespace: root.into(),
            mesh,
            networks,
        }
    }

    fn read_config_map(self) -> Config {
        let map = self
            .config_maps()
            .find(|map| map.name() == "istio" && map.namespace() == ISTIO_NAMESPACE)
            .filter(|map| map.spec.data.contains_key("mesh"));
        let mesh = self
            .mesh
            .settings
            .mesh_config
            .clone()
            .or_else(|| serde_yaml::from_str(map?.spec.data.get("mesh")?).ok())
            .unwrap_or_default();
        Config {
            root_namespace: mesh.root_namespace.clone(),
            mesh,
            networks: map.and_then(networks),
        }
    }
}

fn networks(map: &Object<crate::model::core::ConfigMap>) -> Option<(ObjectId, MeshNetworks)> {
    let text = map.spec.data.get("meshNetworks")?;
    Some((map.id, serde_yaml::from_str(text).ok()?))
}
