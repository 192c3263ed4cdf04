//! The ports of a host: those of its Service, and of the ServiceEntries that have it.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::Routing;
use crate::mesh::registry::{Host, Protocol};
use crate::model::core::{Service, ServicePort};
use crate::model::networking::{Port, ServiceEntry};
use crate::model::{Object, ObjectId};
use crate::path;
use crate::yaml::FieldPath;

/// A port of a host.
#[derive(Debug, Clone, Copy)]
pub struct HostPort<'m> {
    /// The number that clients and routes use.
    pub number: u32,
    /// What it speaks.
    pub protocol: Protocol,
    /// What declares it.
    pub declared: Declared<'m>,
    index: usize,
}

/// What declares a port.
#[derive(Debug, Clone, Copy)]
pub enum Declared<'m> {
    /// A Service.
    Service(&'m Object<Service>, &'m ServicePort),
    /// A ServiceEntry.
    Entry(&'m Object<ServiceEntry>, &'m Port),
}

impl<'m> HostPort<'m> {
    /// The ports of a Service, in order.
    pub fn of_service(service: &'m Object<Service>) -> impl Iterator<Item = Self> {
        let ports = service.spec.spec.ports.iter().enumerate();
        ports.map(move |(index, port)| Self {
            number: u32::try_from(port.port).unwrap_or_default(),
            protocol: Protocol::of_service_port(port),
            declared: Declared::Service(service, port),
            index,
        })
    }

    /// The ports of a ServiceEntry, in order.
    pub fn of_entry(entry: &'m Object<ServiceEntry>) -> impl Iterator<Item = Self> {
        let ports = entry.spec.ports.iter().enumerate();
        ports.map(move |(index, port)| Self {
            number: port.number,
            protocol: Protocol::of_port(port),
            declared: Declared::Entry(entry, port),
            index,
        })
    }

    /// The object that declares it.
    pub fn object(&self) -> ObjectId {
        match self.declared {
            Declared::Service(service, _) => service.id,
            Declared::Entry(entry, _) => entry.id,
        }
    }

    /// Where it stands, such as `spec/ports[0]`.
    pub fn path(&self) -> FieldPath {
        path!["spec", "ports", self.index]
    }

    /// What says which protocol it speaks: `appProtocol`, else the name, or `protocol`.
    pub fn said(&self) -> &'m str {
        match self.declared {
            Declared::Service(_, port) => port.app_protocol.as_ref().unwrap_or(&port.name),
            Declared::Entry(_, port) => &port.protocol,
        }
    }

    /// Its name.
    pub fn name(&self) -> &'m str {
        match self.declared {
            Declared::Service(_, port) => &port.name,
            Declared::Entry(_, port) => &port.name,
        }
    }
}

/// Ports that Sidecars make sidecars listen on for calls; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct OwnListeners(OnceLock<FxHashSet<u32>>);

impl Routing {
    /// Whether some Sidecar makes sidecars listen on a port for calls, whatever ports hosts have.
    pub fn is_listener_of_sidecars(&self, port: u32) -> bool {
        let ports = self.own_listeners.0.get_or_init(|| {
            let sidecars = self.objects.sidecars.iter();
            let egress = sidecars.flat_map(|sidecar| &sidecar.spec.egress);
            let ports = egress.filter_map(|listener| listener.port.as_ref());
            ports.map(|port| port.number).collect()
        });
        ports.contains(&port)
    }

    /// The ports of a host as far as the input holds them, for those who see `subject`, the object
    /// that names it. None for a host that is in no Service and no ServiceEntry.
    pub fn ports_of_host(&self, host: &Host<'_>, subject: ObjectId) -> Vec<HostPort<'_>> {
        let service = self.registry.service(host).into_iter();
        let of_service = service.flat_map(HostPort::of_service);
        let entries = self.service_entries_for(host, subject).into_iter();
        of_service
            .chain(entries.flat_map(HostPort::of_entry))
            .collect()
    }
}
