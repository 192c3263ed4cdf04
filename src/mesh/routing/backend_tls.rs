//! Services to which gateways and sidecars speak TLS because a BackendTLSPolicy says so.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::Routing;
use crate::mesh::places::NamespaceId;
use crate::model::{Object, Str, core};

/// Names of ports, empty for all, by namespace and name of the Service; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct BackendTls(OnceLock<FxHashMap<(NamespaceId, Str), Vec<Str>>>);

impl Routing {
    /// Whether a BackendTLSPolicy is for a port of a Service. Istio makes a DestinationRule of it in
    /// the Service's namespace, which holds for sidecars as well.
    pub fn has_backend_tls(&self, service: &Object<core::Service>, port: &str) -> bool {
        let targets = self.backend_tls.0.get_or_init(|| {
            let mut targets: FxHashMap<(NamespaceId, Str), Vec<Str>> = FxHashMap::default();
            for policy in &self.objects.backend_tls_policies {
                let home = self.places.namespace_of(policy.id);
                for target in &policy.spec.target_refs {
                    if target.group.is_empty() && target.kind == "Service" {
                        let key = (home, target.name.clone());
                        let sections = targets.entry(key).or_default();
                        sections.push(target.section_name.clone());
                    }
                }
                if let Some(target) = &policy.spec.target_ref {
                    let key = (home, target.name.clone());
                    targets.entry(key).or_default().push(Str::default());
                }
            }
            targets
        });
        let key = (
            self.places.namespace_of(service.id),
            service.metadata.name.clone(),
        );
        targets.get(&key).is_some_and(|sections| {
            let mut sections = sections.iter();
            sections.any(|section| section.is_empty() || section == port)
        })
    }
}
