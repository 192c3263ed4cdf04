//! Waypoints and who is to use them, and what labels of workloads say of ambient mode.

use rustc_hash::FxHashMap;

use super::Ambient;
use crate::mesh::places::{NamespaceId, Places};
use crate::mesh::workloads::Workload;
use crate::model::core::Controller;
use crate::model::{Labels, Object, ObjectId, Objects, Str};

const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";
pub(super) const USE_WAYPOINT: &str = "istio.io/use-waypoint";
pub(super) const USE_WAYPOINT_NAMESPACE: &str = "istio.io/use-waypoint-namespace";
pub(super) const WAYPOINT_FOR: &str = "istio.io/waypoint-for";
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const MANAGED: &str = "gateway.istio.io/managed";

/// A deployed waypoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waypoint {
    /// The Gateway, or the workload when the input has no Gateway.
    pub object: ObjectId,
    /// What it serves, label `istio.io/waypoint-for`: `service` (when absent), `workload`, `all`
    /// or `none`.
    pub serves: Str,
}

/// Deployed waypoints by namespace and name. Asked through [`Ambient`].
#[derive(Debug, Default)]
pub(super) struct Waypoints(FxHashMap<(NamespaceId, Str), Waypoint>);

impl Waypoints {
    pub(super) fn build(objects: &Objects, places: &Places) -> Self {
        let mut waypoints = Self::default();
        let controllers = [
            &objects.deployments,
            &objects.replica_sets,
            &objects.stateful_sets,
            &objects.daemon_sets,
        ];
        for controller in controllers.into_iter().flatten() {
            waypoints.add_controller(controller, places);
        }
        for pod in &objects.pods {
            if pod.metadata.owner_references.is_empty() {
                let (id, labels) = (pod.id, &pod.metadata.labels);
                waypoints.add(places.namespace_of(id), &pod.metadata.name, id, labels);
            }
        }
        for gateway in &objects.k8s_gateways {
            let class = gateway.spec.gateway_class_name.as_str();
            if is_waypoint_class(objects, class) {
                let key = (
                    places.namespace_of(gateway.id),
                    gateway.metadata.name.clone(),
                );
                let serves = serves(&gateway.metadata.labels);
                let waypoint = waypoints.0.entry(key).or_insert(Waypoint {
                    object: gateway.id,
                    serves,
                });
                waypoint.object = gateway.id;
            }
        }
        waypoints
    }

    fn add_controller(&mut self, object: &Object<Controller>, places: &Places) {
        let labels = &object.spec.template.metadata.labels;
        let namespace = places.namespace_of(object.id);
        self.add(namespace, &object.metadata.name, object.id, labels);
    }

    fn add(&mut self, namespace: NamespaceId, name: &Str, object: ObjectId, labels: &Labels) {
        if labels.contains_key(GATEWAY_NAME) && has_waypoint_labels(labels) {
            let serves = serves(labels);
            let key = (namespace, name.clone());
            self.0.entry(key).or_insert(Waypoint { object, serves });
        }
    }
}

fn serves(labels: &Labels) -> Str {
    let label = labels.get(WAYPOINT_FOR).cloned();
    label.unwrap_or_else(|| "service".into())
}

fn is_waypoint_class(objects: &Objects, class: &str) -> bool {
    class == "istio-waypoint"
        || objects.gateway_classes.iter().any(|object| {
            object.name() == class && object.spec.controller_name == "istio.io/mesh-controller"
        })
}

fn has_waypoint_labels(labels: &Labels) -> bool {
    labels.has(MANAGED, "istio.io-mesh-controller")
        || labels
            .get(GATEWAY_NAME)
            .is_some_and(|name| name.to_lowercase().contains("waypoint"))
}

impl Workload {
    /// Whether it is a waypoint.
    pub fn is_waypoint(&self) -> bool {
        has_waypoint_labels(&self.labels)
    }

    /// Whether it is an ingress or egress gateway (waypoints are not).
    pub fn is_gateway(&self) -> bool {
        let labels = &self.labels;
        let is_one = |key: &str, values: [&str; 2]| {
            let value = labels.get(key);
            value.is_some_and(|value| values.contains(&value.as_str()))
        };
        is_one(
            "operator.istio.io/component",
            ["IngressGateways", "EgressGateways"],
        ) || is_one("istio", ["ingressgateway", "egressgateway"])
            || self
                .template_annotations
                .has("inject.istio.io/templates", "gateway")
            || labels.contains_key("istio.io/gateway-name")
            || labels.has(MANAGED, "istio.io-gateway-controller")
    }

    /// Whether its labels keep it out of ambient mode.
    pub fn opts_out_of_ambient(&self) -> bool {
        self.labels.has(DATAPLANE_MODE, "none")
    }
}

/// The waypoint that labels ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaypointChoice<'m> {
    /// Nothing is said.
    Unsaid,
    /// None is wanted.
    OptOut,
    /// This one.
    Named {
        /// Its name, perhaps empty.
        name: &'m str,
        /// Its namespace by name.
        namespace: &'m str,
    },
}

impl Ambient {
    /// Whether an object with these labels, in this namespace, is to use a waypoint: by its own
    /// label `istio.io/use-waypoint`, else by the namespace's. Whether the waypoint exists plays
    /// no part.
    pub fn is_enrolled(&self, labels: &Labels, namespace: NamespaceId) -> bool {
        let label = labels.get(USE_WAYPOINT);
        let label = label.or_else(|| self.places.get(namespace).labels.get(USE_WAYPOINT));
        label.is_some_and(|name| !name.is_empty() && name != "none")
    }

    /// Whether the namespace's label enrols what it holds.
    pub fn is_namespace_enrolled(&self, namespace: NamespaceId) -> bool {
        self.is_enrolled(&Labels::default(), namespace)
    }

    /// Whether labels put a workload into ambient mode: its own, or its namespace's unless its
    /// own say `none`.
    pub fn has_ambient_label(&self, workload: &Workload) -> bool {
        workload.labels.has(DATAPLANE_MODE, "ambient")
            || self.places.get(workload.namespace).has_ambient_label()
                && !workload.opts_out_of_ambient()
    }

    /// Whether labels give a workload a sidecar, as KIA1311 and KIA1314 understand it.
    pub fn has_sidecar_label(&self, workload: &Workload) -> bool {
        const INJECT: &str = "sidecar.istio.io/inject";
        let namespace = &self.places.get(workload.namespace).labels;
        let own = workload.labels.get(INJECT).map(Str::as_str);
        let (on, off) = if self.quirks.inject_label_is_enabled_or_none {
            (own == Some("enabled"), own == Some("none"))
        } else {
            let annotation = workload.template_annotations.has(INJECT, "false");
            (
                matches!(own, Some("true" | "enabled")),
                matches!(own, Some("false" | "none")) || own.is_none() && annotation,
            )
        };
        let has_revision = namespace
            .get("istio.io/rev")
            .is_some_and(|revision| !revision.is_empty());
        let enabled = namespace.has("istio-injection", "enabled") || has_revision || on;
        enabled && !(namespace.has("istio-injection", "disabled") || off)
    }

    /// Whether labels of a workload or its namespace ask for a waypoint. Labels of Services are
    /// not considered.
    pub fn has_waypoint_label(&self, workload: &Workload) -> bool {
        !workload.opts_out_of_ambient() && self.is_enrolled(&workload.labels, workload.namespace)
    }

    /// The deployed waypoint of this name.
    pub fn waypoint(&self, namespace: &str, name: &str) -> Option<&Waypoint> {
        let id = self.places.id(namespace)?;
        self.waypoints.0.get(&(id, name.into()))
    }

    /// The waypoint that the labels of a workload's template, else of its Pods, else of the only
    /// Service that selects it, else of its namespace ask for.
    pub fn waypoint_choice<'m>(&'m self, workload: &'m Workload) -> WaypointChoice<'m> {
        if workload.labels.has(USE_WAYPOINT, "none") {
            return WaypointChoice::OptOut;
        }
        let home = self.places.get(workload.namespace);
        let read = |labels: &'m Labels| choice(labels, &home.name);
        let mut found = read(&workload.template_labels);
        if found == WaypointChoice::Unsaid {
            found = workload
                .pods
                .iter()
                .filter_map(|pod| self.objects.pods.get(pod.position? as usize))
                .map(|pod| read(&pod.metadata.labels))
                .find(|choice| *choice != WaypointChoice::Unsaid)
                .unwrap_or(found);
        }
        if found == WaypointChoice::Unsaid {
            let mut services = self
                .registry
                .services_selecting(workload.namespace, &workload.labels);
            if let (Some(only), None) = (services.next(), services.next()) {
                found = read(&only.metadata.labels);
            }
        }
        if found == WaypointChoice::Unsaid {
            found = read(&home.labels);
        }
        found
    }

    /// The deployed waypoint that a workload uses. Only workloads in ambient mode use one; a
    /// waypoint for `none` serves nobody.
    pub fn resolved_waypoint(&self, workload: &Workload) -> Option<&Waypoint> {
        if !workload.is_ambient() {
            return None;
        }
        self.chosen_waypoint(workload)
    }

    /// The deployed waypoint that a workload's labels ask for, in ambient mode or not.
    pub fn chosen_waypoint(&self, workload: &Workload) -> Option<&Waypoint> {
        match self.waypoint_choice(workload) {
            WaypointChoice::Named { name, namespace } => self
                .waypoint(namespace, name)
                .filter(|waypoint| waypoint.serves != "none"),
            WaypointChoice::Unsaid | WaypointChoice::OptOut => None,
        }
    }
}

fn choice<'m>(labels: &'m Labels, home: &'m str) -> WaypointChoice<'m> {
    match labels.get(USE_WAYPOINT).map(Str::as_str) {
        None => WaypointChoice::Unsaid,
        Some("none") => WaypointChoice::OptOut,
        Some(name) => WaypointChoice::Named {
            name,
            namespace: labels.get(USE_WAYPOINT_NAMESPACE).map_or(home, Str::as_str),
        },
    }
}
