//! The mesh as `istioctl analyze` looks at it: which objects count, which pods and services they
//! amount to, which hosts are known. Everything is worked out when first asked for, so that a run
//! that wants none of its codes pays nothing.
//!
//! Upstream's mechanisms are reproduced where a quirk is on; see [`Quirks`] for
//! what is done otherwise.

mod absent;
mod added;
mod config;
mod gateways;
pub mod hosts;
mod namespaces;
mod pods;
mod request_authentications;
pub mod selectors;
mod services;

use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Mesh, Quirks};
use crate::model::kinds::with_kinds;
use crate::model::{Object, ObjectId, Str};
use crate::model::{
    core, envoy_gateway, extensions, gateway_api, legacy, networking, security, telemetry,
};

pub use gateways::GatewayWorkloads;
pub use namespaces::NamespaceNames;
pub use pods::{Pod, PodId, has_proxy};

/// What has been worked out so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    absent: OnceLock<FxHashSet<ObjectId>>,
    added: OnceLock<Option<added::Added>>,
    config: OnceLock<config::Config>,
    namespaces: OnceLock<namespaces::NamespaceTable>,
    pods: OnceLock<pods::PodTable>,
    services: OnceLock<services::ServiceTable>,
    gateways: OnceLock<gateways::GatewayTable>,
    secrets: OnceLock<FxHashMap<(Str, Str), u32>>,
    request_authentications: OnceLock<request_authentications::RequestAuthentications>,
}

/// The mesh as `istioctl analyze` looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Analysis<'m> {
    /// The mesh.
    pub mesh: &'m Mesh,
    memory: &'m Memory,
}

impl Mesh {
    /// The mesh as `istioctl analyze` looks at it.
    pub fn analysis(&self) -> Analysis<'_> {
        Analysis {
            mesh: self,
            memory: &self.analysis,
        }
    }

    /// The same, for a check of one object: `None` when istioctl would not look at the object.
    pub fn analysis_of(&self, object: ObjectId) -> Option<Analysis<'_>> {
        let analysis = self.analysis();
        (!self.quirks.unloaded_objects_are_not_checked || analysis.counts(object))
            .then_some(analysis)
    }
}

macro_rules! declare_collections {
    ($($field:ident: $variant:ident($type:ty) = $group:literal [$($version:literal),+] $kind:literal $scope:ident $body:ident $dialect:ident;)+) => {
        impl<'m> Analysis<'m> {
            $(
                #[doc = concat!("The `", $kind, "` of group `", $group, "` that count, in load order.")]
                pub fn $field(self) -> impl Iterator<Item = &'m Object<$type>> + Clone {
                    let absent = self.absent();
                    self.mesh.objects.$field.iter().filter(move |object| !absent.contains(&object.id))
                }
            )+
        }
    };
}
with_kinds!(declare_collections);

impl<'m> Analysis<'m> {
    /// The switches between what upstream does and what serves the user.
    pub fn quirks(self) -> &'m Quirks {
        &self.mesh.quirks
    }

    /// Whether the object counts: it is not replaced by a later one of the same name and, in
    /// upstream mode, istioctl would load it.
    pub fn counts(self, object: ObjectId) -> bool {
        !self.absent().contains(&object)
    }

    /// The Secret of this namespace and name.
    pub fn secret(self, namespace: &str, name: &str) -> Option<&'m Object<core::Secret>> {
        let secrets = self.memory.secrets.get_or_init(|| {
            (0u32..)
                .zip(&self.mesh.objects.secrets)
                .filter(|(_, secret)| self.counts(secret.id))
                .map(|(position, secret)| {
                    let meta = &secret.metadata;
                    ((meta.namespace.clone(), meta.name.clone()), position)
                })
                .collect()
        });
        let position = *secrets.get(&(namespace.into(), name.into()))?;
        self.mesh.objects.secrets.get(position as usize)
    }

    /// Builds the tables that most checks ask.
    pub(super) fn prepare(self) {
        self.pod_table();
        self.gateway_table();
        self.service_table();
    }

    fn absent(self) -> &'m FxHashSet<ObjectId> {
        self.memory
            .absent
            .get_or_init(|| absent::absent(&self.mesh.objects, &self.mesh.quirks))
    }

    fn added(self) -> Option<&'m added::Added> {
        self.memory
            .added
            .get_or_init(|| added::Added::new(self.config()))
            .as_ref()
    }
}

/// The full name of an object in messages: `namespace/name`, or the name where the namespace is
/// empty.
pub fn full_name(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}/{name}")
    }
}
