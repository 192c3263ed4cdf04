//! Pods and Deployments by their own labels, whatever their namespace: what Kiali's checks of
//! Services look at. Other questions go to [`Workloads`].

use std::sync::OnceLock;

use super::Workloads;
use super::pods::lists_sidecar;
use crate::mesh::indices::LabelIndex;
use crate::model::core::{Controller, Pod};
use crate::model::{Labels, Object};

/// The indices, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Labelled {
    /// Pods of managed namespaces: positions, index over their labels.
    pods: OnceLock<(Vec<u32>, LabelIndex)>,
    deployments: OnceLock<LabelIndex>,
    /// Whether all Pods together are part of the mesh.
    all_in_mesh: OnceLock<bool>,
}

impl Workloads {
    /// Whether the Pods of all managed namespaces that `selector` selects (an empty one selects
    /// all) are part of the mesh: every one has a sidecar, or one is redirected to ztunnel. Also
    /// when there is none.
    pub fn selected_pods_are_in_mesh(&self, selector: &Labels) -> bool {
        if selector.is_empty() {
            *self
                .labelled
                .all_in_mesh
                .get_or_init(|| self.are_in_mesh(selector))
        } else {
            self.are_in_mesh(selector)
        }
    }

    fn are_in_mesh(&self, selector: &Labels) -> bool {
        let (positions, index) = self.labelled.pods.get_or_init(|| self.managed_pods());
        let all = 0..u32::try_from(positions.len()).unwrap_or(u32::MAX);
        let mut have_sidecars = true;
        for item in index.matching(all, selector) {
            let position = positions.get(item as usize).copied().unwrap_or(u32::MAX);
            let Some(pod) = self.objects.pods.get(position as usize) else {
                continue;
            };
            if is_redirected(pod) {
                return true;
            }
            have_sidecars &= has_sidecar(pod);
        }
        have_sidecars
    }

    fn managed_pods(&self) -> (Vec<u32>, LabelIndex) {
        let (positions, labels): (Vec<u32>, Vec<&Labels>) = (0u32..)
            .zip(&self.objects.pods)
            .filter(|(_, pod)| {
                self.places
                    .get(self.places.namespace_of(pod.id))
                    .is_managed()
            })
            .map(|(position, pod)| (position, &pod.metadata.labels))
            .unzip();
        (positions, LabelIndex::build(labels.into_iter()))
    }

    /// The first Deployment, of whatever namespace, whose own labels `selector` selects.
    pub fn first_deployment_labelled(&self, selector: &Labels) -> Option<&Object<Controller>> {
        let deployments = &self.objects.deployments;
        let index = self.labelled.deployments.get_or_init(|| {
            LabelIndex::build(deployments.iter().map(|object| &object.metadata.labels))
        });
        let all = 0..u32::try_from(deployments.len()).unwrap_or(u32::MAX);
        let first = index.matching(all, selector).next()?;
        deployments.get(first as usize)
    }
}

fn is_redirected(pod: &Object<Pod>) -> bool {
    pod.metadata
        .annotations
        .has("ambient.istio.io/redirection", "enabled")
}

fn has_sidecar(pod: &Object<Pod>) -> bool {
    pod.metadata
        .annotations
        .get("sidecar.istio.io/status")
        .is_some_and(|status| lists_sidecar(status))
}
