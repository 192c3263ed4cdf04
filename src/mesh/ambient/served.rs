//! Which waypoint a Service uses, what the waypoint serves, and whom it takes.
//!
//! Source: Istio's `pilot/pkg/serviceregistry/kube/controller/ambient/waypoints.go`.

use super::Ambient;
use super::waypoints::{USE_WAYPOINT, USE_WAYPOINT_NAMESPACE, WAYPOINT_FOR};
use crate::mesh::places::NamespaceId;
use crate::model::core::Service;
use crate::model::gateway_api::{FromNamespaces, Gateway};
use crate::model::networking::ServiceEntry;
use crate::model::{Labels, Object, ObjectId, Str};
use crate::path;
use crate::yaml::FieldPath;

/// The waypoint that labels of a Service or ServiceEntry, or of its namespace, ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceWaypoint<'m> {
    /// The name.
    pub name: &'m str,
    /// The namespace.
    pub namespace: &'m str,
    /// The object with the label: the Service, the ServiceEntry or the Namespace.
    pub asked_by: ObjectId,
    /// Whether that object names the namespace too.
    pub names_namespace: bool,
}

/// What of a namespace a waypoint takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Its Services.
    Taken,
    /// Nothing; the field decides.
    Refused(FieldPath),
    /// It depends on labels that the input does not show.
    Unknown,
}

impl Ambient {
    /// The waypoint that a Service is to use, deployed or not; `None` if nothing asks for one.
    pub fn waypoint_of_service<'m>(
        &'m self,
        service: &'m Object<Service>,
    ) -> Option<ServiceWaypoint<'m>> {
        self.asked_by(service.id, &service.metadata.labels)
    }

    /// The waypoint that a ServiceEntry is to use, deployed or not.
    pub fn waypoint_of_entry<'m>(
        &'m self,
        entry: &'m Object<ServiceEntry>,
    ) -> Option<ServiceWaypoint<'m>> {
        self.asked_by(entry.id, &entry.metadata.labels)
    }

    /// The waypoint that the label of a namespace asks for.
    pub fn waypoint_of_namespace(&self, namespace: NamespaceId) -> Option<ServiceWaypoint<'_>> {
        let home = self.places.get(namespace);
        said(&home.labels, &home.name, home.object?)?
    }

    fn asked_by<'m>(&'m self, object: ObjectId, labels: &'m Labels) -> Option<ServiceWaypoint<'m>> {
        let home = self.places.namespace_of(object);
        match said(labels, self.places.name(home), object) {
            Some(own) => own,
            None => self.waypoint_of_namespace(home),
        }
    }

    /// The Gateway of a waypoint, if the input holds it.
    pub fn gateway_of(&self, waypoint: &ServiceWaypoint<'_>) -> Option<&Object<Gateway>> {
        self.waypoint(waypoint.namespace, waypoint.name)?;
        let named = self.places.named(waypoint.namespace, waypoint.name);
        named.k8s_gateways()
    }

    /// What traffic a waypoint handles: `service`, `workload`, `all` or `none`, by the label of its
    /// Gateway, else of its GatewayClass; with the object that says so.
    pub fn handled_traffic<'m>(
        &'m self,
        gateway: &'m Object<Gateway>,
    ) -> (&'m str, Option<ObjectId>) {
        if let Some(own) = gateway.metadata.labels.get(WAYPOINT_FOR) {
            return (own, Some(gateway.id));
        }
        let name = &gateway.spec.gateway_class_name;
        let class = self.places.named("", name).gateway_classes();
        let said = class.and_then(|class| {
            let label = class.metadata.labels.get(WAYPOINT_FOR)?;
            Some((label.as_str(), Some(class.id)))
        });
        said.unwrap_or(("service", None))
    }

    /// Whether a waypoint takes Services of a namespace: its own, and others as `allowedRoutes` of
    /// its HBONE listener says.
    pub fn admission(&self, gateway: &Object<Gateway>, namespace: NamespaceId) -> Admission {
        if self.places.namespace_of(gateway.id) == namespace {
            return Admission::Taken;
        }
        let mut listeners = gateway.spec.listeners.iter().enumerate();
        let hbone =
            listeners.find(|(_, listener)| listener.protocol == "HBONE" && listener.port == 15008);
        let Some((index, listener)) = hbone else {
            return Admission::Refused(path!["spec", "listeners"]);
        };
        let place = path!["spec", "listeners", index];
        let Some(allowed) = &listener.allowed_routes else {
            return Admission::Refused(place);
        };
        let from = place
            .field("allowedRoutes")
            .field("namespaces")
            .field("from");
        match allowed.namespaces.from {
            FromNamespaces::All => Admission::Taken,
            FromNamespaces::Same | FromNamespaces::None => Admission::Refused(from),
            FromNamespaces::Selector => {
                let home = self.places.get(namespace);
                let selector = allowed.namespaces.selector.as_ref();
                let is_met = selector.is_some_and(|own| own.matches(&home.full_labels()));
                match (is_met, home.is_declared()) {
                    (true, _) => Admission::Taken,
                    (false, true) => Admission::Refused(from),
                    (false, false) => Admission::Unknown,
                }
            }
        }
    }

    /// Whether gateways at the edge send requests for a Service to its waypoint.
    pub fn is_ingress_by_waypoint(&self, service: &Object<Service>) -> bool {
        const LABEL: &str = "istio.io/ingress-use-waypoint";
        let home = self.places.namespace_of(service.id);
        let own = service.metadata.labels.get(LABEL);
        let label = own.or_else(|| self.places.get(home).labels.get(LABEL));
        label.is_some_and(|value| value == "true")
    }
}

/// What the labels of an object say of its waypoint: nothing (`None`), that it wants none, or which.
fn said<'m>(
    labels: &'m Labels,
    home: &'m str,
    object: ObjectId,
) -> Option<Option<ServiceWaypoint<'m>>> {
    let name = labels.get(USE_WAYPOINT).map(Str::as_str)?;
    if name.is_empty() || name == "none" {
        return Some(None);
    }
    let namespace = labels.get(USE_WAYPOINT_NAMESPACE);
    Some(Some(ServiceWaypoint {
        name,
        namespace: namespace.map_or(home, Str::as_str),
        asked_by: object,
        names_namespace: namespace.is_some(),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Admission;
    use crate::mesh::testing::{mesh, namespace, object};

    #[test]
    fn the_service_s_label_comes_before_that_of_its_namespace() {
        let yaml = namespace(
            "shop",
            "istio.io/use-waypoint: shared, istio.io/use-waypoint-namespace: infra",
        ) + &object(
            "v1 Service",
            "shop/a",
            "metadata: {labels: {istio.io/use-waypoint: own}}\nspec: {}",
        ) + &object("v1 Service", "shop/b", "")
            + &object(
                "v1 Service",
                "shop/c",
                "metadata: {labels: {istio.io/use-waypoint: none}}\nspec: {}",
            );
        let mesh = mesh(&yaml);
        let waypoint = |name| {
            let service = mesh.named("shop", name).services().unwrap();
            let waypoint = mesh.ambient.waypoint_of_service(service);
            waypoint.map(|own| format!("{}/{}", own.namespace, own.name))
        };
        assert_eq!(waypoint("a").as_deref(), Some("shop/own"));
        assert_eq!(waypoint("b").as_deref(), Some("infra/shared"));
        assert_eq!(waypoint("c"), None);
    }

    #[test]
    fn a_waypoint_takes_its_own_namespace_and_those_that_its_listener_allows() {
        let allowed = |allowed: &str| {
            let yaml = namespace("shop", "team: red")
                + &object(
                    "gateway.networking.k8s.io/v1 Gateway",
                    "infra/waypoint",
                    &format!(
                        "spec: {{gatewayClassName: istio-waypoint, listeners: [{{name: mesh, port: \
                         15008, protocol: HBONE{allowed}}}]}}"
                    ),
                );
            let mesh = mesh(&yaml);
            let gateway = mesh.named("infra", "waypoint").k8s_gateways().unwrap();
            let shop = mesh.places.id("shop").unwrap();
            matches!(mesh.ambient.admission(gateway, shop), Admission::Taken)
        };
        let selector = |label: &str| {
            allowed(&format!(
                ", allowedRoutes: {{namespaces: {{from: Selector, selector: {{matchLabels: {{{label}}}}}}}}}"
            ))
        };
        assert!(!allowed(""));
        assert!(allowed(", allowedRoutes: {namespaces: {from: All}}"));
        assert!(selector("team: red") && !selector("team: blue"));
        assert!(selector("kubernetes.io/metadata.name: shop"));
    }
}
