//! Whether the input shows any sign of Istio: where there is none, advice about Istio is noise.

use std::sync::OnceLock;

use super::Coverage;
use crate::model::{Labels, Objects};

/// The answer, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Sign(OnceLock<bool>);

/// Labels that only Istio reads.
const LABELS: [&str; 5] = [
    "istio-injection",
    "istio.io/rev",
    "istio.io/dataplane-mode",
    "istio.io/use-waypoint",
    "sidecar.istio.io/inject",
];

impl Coverage {
    /// Whether the input shows that Istio is used: by an object, a label, a class or a workload of
    /// Istio. Definitions of its kinds alone are no sign.
    pub fn has_sign_of_istio(&self) -> bool {
        *self.sign.0.get_or_init(|| {
            has_istio_object(&self.objects)
                || has_istio_class(&self.objects)
                || self
                    .objects
                    .namespaces
                    .iter()
                    .any(|n| is_labelled(&n.metadata.labels))
                || self
                    .objects
                    .services
                    .iter()
                    .any(|s| is_labelled(&s.metadata.labels))
                || self.workloads.as_slice().iter().any(|workload| {
                    workload.name.starts_with("istiod")
                        || is_labelled(&workload.labels)
                        || workload
                            .template_annotations
                            .contains_key("sidecar.istio.io/inject")
                        || workload.pod_spec(&self.objects).is_some_and(|pod| {
                            let mut containers = pod.containers.iter();
                            containers.any(|container| container.name == "istio-proxy")
                        })
                })
        })
    }
}

fn is_labelled(labels: &Labels) -> bool {
    LABELS.iter().any(|key| labels.contains_key(key))
}

fn has_istio_object(objects: &Objects) -> bool {
    objects.headers.iter().any(|header| {
        let group = header
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group);
        group.ends_with(".istio.io")
            || matches!(group, "sailoperator.io" | "operator.istio.io")
            || group.ends_with("maistra.io")
            || header.kind == "ConfigMap" && header.name == "istio"
    })
}

fn has_istio_class(objects: &Objects) -> bool {
    let mut classes = objects.gateway_classes.iter();
    let mut gateways = objects.k8s_gateways.iter();
    classes.any(|class| class.spec.controller_name.starts_with("istio.io/"))
        || gateways.any(|gateway| gateway.spec.gateway_class_name.starts_with("istio"))
}
