//! To whom VirtualServices and DestinationRules are exported, by what their `exportTo` says.

use super::Visibility;
use crate::mesh::places::NamespaceId;
use crate::model::networking::{DestinationRule, VirtualService};
use crate::model::{Object, ObjectId, Str};
use crate::yaml::is_placeholder;

impl Visibility {
    /// Whether proxies of a namespace, whether checks know it or not, have a VirtualService: by its
    /// `exportTo`, else by the mesh config's default. What is filled in later may be any namespace.
    pub fn exports_virtual_service(
        &self,
        service: &Object<VirtualService>,
        namespace: NamespaceId,
    ) -> bool {
        let default = &self
            .places
            .control_plane_or_first(self.places.namespace_of(service.id))
            .config
            .default_virtual_service_export_to;
        self.is_exported(service.id, &service.spec.export_to, default, namespace)
    }

    /// The same for a DestinationRule.
    pub fn exports_destination_rule(
        &self,
        rule: &Object<DestinationRule>,
        namespace: NamespaceId,
    ) -> bool {
        let default = &self
            .places
            .control_plane_or_first(self.places.namespace_of(rule.id))
            .config
            .default_destination_rule_export_to;
        self.is_exported(rule.id, &rule.spec.export_to, default, namespace)
    }

    fn is_exported(
        &self,
        object: ObjectId,
        own: &[Str],
        default: &[Str],
        namespace: NamespaceId,
    ) -> bool {
        let list = if own.is_empty() { default } else { own };
        let home = self.places.namespace_of(object);
        list.is_empty()
            || list.iter().any(|entry| match entry.as_str() {
                "*" => true,
                "." => home == namespace,
                name => is_placeholder(name) || self.places.name(namespace) == name,
            })
    }
}
