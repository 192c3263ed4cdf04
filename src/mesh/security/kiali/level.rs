//! What holds for a namespace or a mesh as a whole, and whether that makes mutual TLS for a policy.

use super::{PeerPolicy, client_mode, is_mutual};
use crate::mesh::places::NamespaceId;
use crate::mesh::registry::Host;
use crate::mesh::security::Security;
use crate::model::Labels;
use crate::model::networking::ClientTlsMode;
use crate::model::security::MtlsMode;

/// What holds for a whole namespace or mesh: a client mode and a server mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Level {
    pub(super) client: Option<ClientTlsMode>,
    pub(super) server: Option<MtlsMode>,
}

impl Level {
    pub(super) fn is_mutual(self) -> bool {
        self.client.is_some_and(is_mutual)
    }
}

impl Security {
    /// Whether mutual TLS is on for a policy of `namespace` whose selector has these labels, as
    /// Kiali reckons for KIA0105: the policy's own selector is held against those of the
    /// PeerAuthentications, the workloads are not looked at.
    pub fn has_mtls(&self, namespace: NamespaceId, selector: &Labels) -> bool {
        self.workload_mtls(namespace, selector)
            .unwrap_or_else(|| self.namespace_mtls(namespace))
    }

    /// Whether mutual TLS is on for workloads; `None` leaves it to the namespace.
    fn workload_mtls(&self, namespace: NamespaceId, labels: &Labels) -> Option<bool> {
        for policy in self.peer_policies(namespace) {
            let Some(selector) = policy.selector.as_ref().filter(|own| !own.is_empty()) else {
                continue;
            };
            if !selector.selects(labels) {
                continue;
            }
            match policy.mode {
                Some(MtlsMode::Strict) => return Some(true),
                Some(MtlsMode::Disable) => return Some(false),
                Some(MtlsMode::Permissive) => return self.services_mtls(namespace, selector),
                Some(MtlsMode::Unset) | None => {}
            }
        }
        None
    }

    /// Whether clients of the Services with these labels in their selector use mutual TLS.
    fn services_mtls(&self, namespace: NamespaceId, labels: &Labels) -> Option<bool> {
        let name = self.places.name(namespace);
        for service in self.places.of(namespace).services() {
            let selector = &service.spec.spec.selector;
            if selector.is_empty() || !labels.selects(selector) {
                continue;
            }
            let host = Host::cluster(service.name(), name, &self.registry.identity_domain);
            for rule in self.routing.destination_rules_for(host) {
                match client_mode(&rule.spec) {
                    Some(mode) if self.visibility.is_visible(rule.id, namespace) => {
                        if is_mutual(mode) {
                            return Some(true);
                        } else if mode == ClientTlsMode::Disable {
                            return Some(false);
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// What holds for all workloads of a namespace, in its own eyes.
    pub(super) fn namespace_level(&self, namespace: NamespaceId) -> Level {
        let mut rules = self.namespace_wide_rules(namespace, namespace);
        let policies = self.peer_policies(namespace);
        Level {
            client: rules.next().map(|(_, mode)| mode),
            server: policies.iter().find_map(PeerPolicy::wide),
        }
    }

    /// What holds for the mesh of a namespace, in the namespace's eyes.
    pub(super) fn mesh_level(&self, namespace: NamespaceId) -> Level {
        let mut rules = self.mesh_wide_rules(namespace);
        let policies = self.mesh_peer_policies(namespace);
        Level {
            client: rules.next().map(|(_, mode)| mode),
            server: policies.iter().find_map(PeerPolicy::wide),
        }
    }

    /// Whether mutual TLS is on for a namespace as a whole.
    fn namespace_mtls(&self, namespace: NamespaceId) -> bool {
        use MtlsMode::{Disable, Permissive, Strict, Unset};
        let auto = self.auto_mtls(namespace).is_on();
        let (mut own, mut mesh) = (self.namespace_level(namespace), self.mesh_level(namespace));
        let mixes = !self.quirks.inherited_modes_do_not_mix;
        if mixes {
            own.server = own.server.filter(|mode| *mode != Unset);
            mesh.server = mesh.server.filter(|mode| *mode != Unset);
        }
        let accepts = |mode| mode == Strict || mode == Permissive;
        match (own.client, own.server) {
            (Some(ClientTlsMode::Disable | ClientTlsMode::Simple), _)
            | (_, Some(Unset | Disable)) => false,
            (None, None) if auto => {
                (mesh.client.is_none() || mesh.is_mutual()) && mesh.server.is_none_or(accepts)
            }
            (None, None) => mesh.is_mutual() && mesh.server.is_some_and(accepts),
            (None, Some(Permissive)) => auto,
            (None, Some(Strict)) => auto || mesh.is_mutual(),
            (Some(_), None) => match mesh.server {
                None => auto,
                Some(Strict) => true,
                Some(Permissive) => mixes,
                Some(_) => false,
            },
            (Some(_), Some(_)) => true,
        }
    }
}
