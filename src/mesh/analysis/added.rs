//! The ingress gateway that istioctl takes for granted: a Pod and a Service that the input need
//! not hold.

use super::config::Config;
use crate::model::core::{Container, Pod, PodSpec, Service, ServicePort, ServiceSpec};
use crate::model::mesh_config::IngressControllerMode;
use crate::model::{Body, IntOrString, Labels, Metadata, Object, Str};

/// Where Istio is installed.
pub(super) const ISTIO_NAMESPACE: &str = "istio-system";

/// The objects that are added to the input.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) pod: Object<Pod>,
    pub(super) service: Object<Service>,
}

impl Added {
    /// `None` when the mesh config turns the ingress controller off.
    pub(super) fn new(config: &Config) -> Option<Self> {
        let mesh = &config.mesh;
        if mesh.ingress_controller_mode == IngressControllerMode::Off {
            return None;
        }
        let labels: Labels = [("istio".into(), "ingressgateway".into())]
            .into_iter()
            .collect();
        let metadata = |name: Str, labels: Labels| Metadata {
            name,
            namespace: ISTIO_NAMESPACE.into(),
            labels,
            ..Metadata::default()
        };
        let port = |name: &str, port| ServicePort {
            name: name.into(),
            protocol: "TCP".into(),
            port,
            target_port: Some(IntOrString::Int(port)),
            ..ServicePort::default()
        };
        let mut pod_name = mesh.ingress_service.clone();
        pod_name.push_str("-dummypod");
        Some(Self {
            pod: Object::from(Body {
                metadata: metadata(pod_name, labels.clone()),
                spec: Pod {
                    spec: PodSpec {
                        containers: vec![Container {
                            name: "istio-proxy".into(),
                            ..Container::default()
                        }],
                        ..PodSpec::default()
                    },
                    ..Pod::default()
                },
                ..Body::default()
            }),
            service: Object::from(Body {
                metadata: metadata(mesh.ingress_service.clone(), Labels::default()),
                spec: Service {
                    spec: ServiceSpec {
                        selector: labels,
                        ports: vec![
                            port("http2", 80),
                            port("https", 443),
                            port("tcp", 31400),
                            port("tls", 15443),
                        ],
                        ..ServiceSpec::default()
                    },
                    ..Service::default()
                },
                ..Body::default()
            }),
        })
    }
}
