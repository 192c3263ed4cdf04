//! Controllers of Pods: Kubernetes' own, OpenShift's and Argo's.

use serde::{Deserialize, Deserializer};

use super::pod::PodTemplate;
use super::selector::LabelSelector;
use crate::model::types::{Labels, Str};

/// `spec` of a Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController,
/// DeploymentConfig or Job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Controller {
    /// Wanted Pods; absent means one (DaemonSets and Jobs have no such field).
    pub replicas: Option<i64>,
    /// The Pods that belong to the controller. ReplicationController and DeploymentConfig write a
    /// plain map of labels, which stands in `match_labels` here.
    #[serde(deserialize_with = "selector_or_labels")]
    pub selector: Option<Box<LabelSelector>>,
    /// The Pods that it makes.
    pub template: PodTemplate,
    /// StatefulSet: the headless Service that names its Pods.
    pub service_name: Str,
}

/// `spec` of a CronJob.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CronJob {
    /// The Jobs that it makes.
    pub job_template: JobTemplate,
    /// Whether it makes none for now.
    pub suspend: Option<bool>,
}

/// `spec.jobTemplate` of a CronJob.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobTemplate {
    /// The Job.
    pub spec: Controller,
}

/// `spec` of an Argo Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rollout {
    /// Wanted Pods; absent means one.
    pub replicas: Option<i64>,
    /// The Pods that belong to the Rollout.
    #[serde(deserialize_with = "selector_or_labels")]
    pub selector: Option<Box<LabelSelector>>,
    /// The Pods that it makes; absent when `workload_ref` says where the template stands.
    pub template: Option<Box<PodTemplate>>,
    /// The Deployment or the like whose template the Rollout uses.
    pub workload_ref: Option<WorkloadRef>,
    /// How a new version comes in.
    pub strategy: RolloutStrategy,
}

/// `spec.workloadRef` of a Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadRef {
    /// Group and version.
    pub api_version: Str,
    /// Kind, mostly `Deployment`.
    pub kind: Str,
    /// Name, in the Rollout's namespace.
    pub name: Str,
    /// When the referenced object is scaled to zero: `never`, `onsuccess`, `progressively`.
    pub scale_down: Str,
}

/// `spec.strategy` of a Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutStrategy {
    /// A growing share of the traffic.
    pub canary: Option<Box<CanaryStrategy>>,
    /// All of the traffic at once.
    pub blue_green: Option<Box<BlueGreenStrategy>>,
}

/// `spec.strategy.canary` of a Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CanaryStrategy {
    /// Service of the new Pods; the controller adds its pod hash to the selector.
    pub canary_service: Str,
    /// Service of the old Pods.
    pub stable_service: Str,
    /// Two Services that take turns at being the canary.
    pub ping_pong: Option<RolloutPingPong>,
    /// Who splits the traffic.
    pub traffic_routing: Option<RolloutTrafficRouting>,
}

/// `spec.strategy.canary.pingPong` of a Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutPingPong {
    /// One Service.
    pub ping_service: Str,
    /// The other Service.
    pub pong_service: Str,
}

/// `spec.strategy.canary.trafficRouting` of a Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutTrafficRouting {
    /// Istio does.
    pub istio: Option<RolloutIstio>,
}

/// `spec.strategy.canary.trafficRouting.istio` of a Rollout: the objects whose weights and subset
/// labels the controller rewrites.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutIstio {
    /// The one VirtualService.
    pub virtual_service: Option<RolloutVirtualService>,
    /// Several of them.
    pub virtual_services: Vec<RolloutVirtualService>,
    /// The DestinationRule that holds the subsets.
    pub destination_rule: Option<RolloutDestinationRule>,
}

/// A VirtualService that a Rollout rewrites.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutVirtualService {
    /// Name, or `name.namespace`.
    pub name: Str,
    /// Names of HTTP routes; none means the only one.
    pub routes: Vec<Str>,
    /// TLS routes by port and SNI.
    pub tls_routes: Vec<RolloutTlsRoute>,
    /// TCP routes by port.
    pub tcp_routes: Vec<RolloutTcpRoute>,
}

/// A TLS route that a Rollout rewrites.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutTlsRoute {
    /// Port of the match.
    pub port: i64,
    /// Server names of the match.
    pub sni_hosts: Vec<Str>,
}

/// A TCP route that a Rollout rewrites.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutTcpRoute {
    /// Port of the match.
    pub port: i64,
}

/// The DestinationRule whose subsets a Rollout relabels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutDestinationRule {
    /// Name, in the Rollout's namespace.
    pub name: Str,
    /// Subset of the new Pods.
    pub canary_subset_name: Str,
    /// Subset of the old Pods.
    pub stable_subset_name: Str,
}

/// `spec.strategy.blueGreen` of a Rollout.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BlueGreenStrategy {
    /// Service of the version in use.
    pub active_service: Str,
    /// Service of the version to come.
    pub preview_service: Str,
}

/// Reads a LabelSelector, or a plain map of labels as its `matchLabels`.
fn selector_or_labels<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<LabelSelector>>, D::Error> {
    Ok(Option::<SelectorOrLabels>::deserialize(deserializer)?.map(|s| Box::new(s.0)))
}

struct SelectorOrLabels(LabelSelector);

impl<'de> Deserialize<'de> for SelectorOrLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = SelectorOrLabels;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a label selector or a mapping of labels")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut selector = LabelSelector::default();
                let mut plain = Vec::new();
                while let Some(key) = map.next_key::<Str>()? {
                    match key.as_str() {
                        "matchLabels" => selector.match_labels = map.next_value::<Labels>()?,
                        "matchExpressions" => selector.match_expressions = map.next_value()?,
                        _ => {
                            if let serde_json::Value::String(value) = map.next_value()? {
                                plain.push((key, value.into()));
                            }
                        }
                    }
                }
                if selector.is_empty() {
                    selector.match_labels = plain.into_iter().collect();
                }
                Ok(SelectorOrLabels(selector))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Controller;

    #[test]
    fn reads_both_forms_of_a_selector() {
        for yaml in [
            "selector: {matchLabels: {app: web}}",
            "selector: {app: web}",
        ] {
            let controller: Controller = serde_yaml::from_str(yaml).unwrap();
            let selector = controller.selector.unwrap();
            assert!(selector.match_labels.has("app", "web"), "{yaml}");
        }
        let none: Controller = serde_yaml::from_str("replicas: 2").unwrap();
        assert!(none.selector.is_none());
    }
}
