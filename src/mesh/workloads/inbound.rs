//! What comes in at a workload: ports that containers declare or probes ask, and whether a sidecar
//! takes a port over.

use super::Workload;
use crate::model::core::Container;
use crate::model::types::IntOrString;
use crate::model::{Objects, Str};
use crate::yaml::is_placeholder;

impl Workload {
    /// The ports that its containers declare, and those of their probes, in no order.
    pub fn declared_ports<'m>(&self, objects: &'m Objects) -> impl Iterator<Item = i64> + 'm {
        let containers = self.pod_spec(objects).into_iter();
        containers
            .flat_map(|spec| spec.all_containers())
            .flat_map(|container| {
                let declared = container.ports.iter().map(|port| port.container_port);
                let probed = container
                    .probes()
                    .filter_map(|(_, probe)| container.number_of(probe.port()?));
                declared.chain(probed)
            })
    }
}

/// Ports that annotations of a pod name.
fn listed(value: &str) -> impl Iterator<Item = Option<i64>> {
    let ports = value.split(',').map(str::trim);
    ports
        .filter(|port| !port.is_empty())
        .map(|port| port.parse().ok())
}

impl Workload {
    /// Whether the sidecar takes over what comes in at a port, as annotations of the pod say: the
    /// annotation that leaves the port out, if one does.
    pub fn leaves_out_port(&self, port: i64) -> Option<&'static str> {
        const EXCLUDE: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
        const INCLUDE: &str = "traffic.sidecar.istio.io/includeInboundPorts";
        let value = |key| self.template_annotations.get(key);
        let is_known = |value: &&Str| !is_placeholder(value);
        let excluded = value(EXCLUDE).filter(is_known);
        if excluded.is_some_and(|own| listed(own).any(|own| own == Some(port))) {
            return Some(EXCLUDE);
        }
        let included = value(INCLUDE).filter(is_known)?;
        let is_included = included.trim() == "*" || listed(included).any(|own| own == Some(port));
        (!is_included).then_some(INCLUDE)
    }
}

impl Container {
    /// The number of one of its ports, given as number or name.
    pub fn number_of(&self, port: &IntOrString) -> Option<i64> {
        match port {
            IntOrString::Int(number) => Some(*number),
            IntOrString::String(_) => {
                let mut ports = self.ports.iter();
                let named = ports.find(|own| own.is_target(port));
                named.map(|own| own.container_port)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::mesh::testing::{mesh, object};

    #[test]
    fn declared_ports_are_those_of_containers_and_probes() {
        let yaml = object(
            "apps/v1 Deployment",
            "shop/web",
            "spec: {template: {spec: {containers: [{name: web, ports: [{name: http, \
             containerPort: 8080}], readinessProbe: {httpGet: {port: 8086}}, livenessProbe: \
             {tcpSocket: {port: http}}}]}}}",
        );
        let mesh = mesh(&yaml);
        let (_, web) = mesh.workloads.iter().next().unwrap();
        let declared: Vec<i64> = web.declared_ports(&mesh.objects).collect();
        assert_eq!(declared, [8080, 8086, 8080]);
    }

    #[test]
    fn annotations_leave_ports_out() {
        let left_out = |annotation: &str, port| {
            let yaml = object(
                "apps/v1 Deployment",
                "shop/web",
                &format!(
                    "spec: {{template: {{metadata: {{annotations: {{traffic.sidecar.istio.io/\
                     {annotation}}}}}}}}}"
                ),
            );
            let mesh = mesh(&yaml);
            let (_, web) = mesh.workloads.iter().next().unwrap();
            web.leaves_out_port(port).is_some()
        };
        assert!(left_out("excludeInboundPorts: '9100, 8080'", 8080));
        assert!(!left_out("excludeInboundPorts: '9100'", 8080));
        assert!(!left_out("excludeInboundPorts: '${PORTS}'", 8080));
        assert!(left_out("includeInboundPorts: '9100'", 8080));
        assert!(left_out("includeInboundPorts: ''", 8080));
        assert!(!left_out("includeInboundPorts: '*'", 8080));
        assert!(!left_out("includeInboundPorts: '8080,9100'", 8080));
    }
}
