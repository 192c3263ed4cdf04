//! Which port of its pods a Service leads to.

use super::{Workload, Workloads};
use crate::model::IntOrString;
use crate::model::core::ServicePort;

impl Workloads {
    /// The port of a workload's pods that the port of a Service leads to: by number, by the name of
    /// a container's port, or the Service's own number. `None` for a name that no container
    /// declares.
    pub fn target_port(&self, port: &ServicePort, workload: &Workload) -> Option<u32> {
        let number = match &port.target_port {
            None | Some(IntOrString::Int(0)) => port.port,
            Some(IntOrString::Int(number)) => *number,
            Some(IntOrString::String(name)) => match name.parse() {
                Ok(number) => number,
                Err(_) => self.container_port(workload, name)?,
            },
        };
        u32::try_from(number).ok().filter(|number| *number > 0)
    }

    fn container_port(&self, workload: &Workload, name: &str) -> Option<i64> {
        let containers = workload.pod_spec(&self.objects)?.all_containers();
        let mut ports = containers.flat_map(|container| &container.ports);
        let port = ports.find(|port| port.name == name)?;
        Some(port.container_port)
    }
}
