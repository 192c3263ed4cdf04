//! Authorization: which policies a workload's proxy enforces, and what their rules say of a request.
//!
//! [`Authorization`] knows which AuthorizationPolicies and RequestAuthentications apply to a workload;
//! [`Judge`] holds a rule against a [`Request`]. In which order policies decide is for who asks.

mod facts;
mod fields;
mod judge;
mod patterns;
mod request;

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use fields::{Fact, Field, Key, key, of_condition, of_operation, of_source};
pub use judge::{Failing, Fit, Judge, Reader, Reading};
pub use patterns::{block, fits_with_stars, normalized};
pub use request::{Claims, Http, Request};

use super::wire::Proxy;
use crate::mesh::indices::SelectorIndex;
use crate::mesh::places::{NamespaceId, Places};
use crate::mesh::workloads::Workload;
use crate::model::attachment::Attached;
use crate::model::security::{AuthorizationPolicy, RequestAuthentication};
use crate::model::{Labels, Object, Objects};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";

/// Which policies apply to workloads.
#[derive(Debug)]
pub struct Authorization {
    objects: Arc<Objects>,
    places: Arc<Places>,
    policies: Attachments,
    authentications: Attachments,
}

/// Objects of a kind by what they are bound to: positions in the store.
#[derive(Debug, Default)]
struct Attachments {
    /// Those with labels, by namespace.
    selective: Vec<u32>,
    ranges: FxHashMap<NamespaceId, Range<u32>>,
    selectors: SelectorIndex,
    /// Those without a selector, and those whose selector has no labels.
    wide: FxHashMap<NamespaceId, Vec<(u32, bool)>>,
    /// Those with target references.
    targeted: FxHashMap<NamespaceId, Vec<u32>>,
}

impl Attachments {
    fn build<T: Attached>(objects: &[Object<T>], places: &Places) -> Self {
        let mut own = Self::default();
        let mut order: Vec<u32> = (0..u32::try_from(objects.len()).unwrap_or(u32::MAX)).collect();
        let namespace_of = |position: &u32| {
            let object = objects.get(*position as usize);
            object.map(|object| places.namespace_of(object.id))
        };
        order.sort_by_key(namespace_of);
        let mut selectors: Vec<&Labels> = Vec::new();
        for position in order {
            let Some(object) = objects.get(position as usize) else {
                continue;
            };
            let namespace = places.namespace_of(object.id);
            if object.spec.targets().next().is_some() {
                own.targeted.entry(namespace).or_default().push(position);
            } else if let Some(labels) = object.spec.selected_labels() {
                let place = u32::try_from(own.selective.len()).unwrap_or(u32::MAX);
                own.selective.push(position);
                selectors.push(labels);
                own.ranges.entry(namespace).or_insert(place..place).end = place + 1;
            } else {
                let has_selector = object.spec.selector().is_some();
                let wide = own.wide.entry(namespace).or_default();
                wide.push((position, has_selector));
            }
        }
        own.selectors = SelectorIndex::build(selectors.into_iter());
        own
    }

    /// Those of a namespace that select labels. ztunnel passes over a selector without labels.
    fn selecting(&self, namespace: NamespaceId, labels: &Labels, is_ztunnel: bool) -> Vec<u32> {
        let range = self.ranges.get(&namespace).cloned().unwrap_or(0..0);
        let places = self.selectors.selecting(range, labels).into_iter();
        let mut found: Vec<u32> = places
            .filter_map(|place| self.selective.get(place as usize).copied())
            .collect();
        let wide = self.wide.get(&namespace).into_iter().flatten();
        found.extend(
            wide.filter(|(_, has_selector)| !(is_ztunnel && *has_selector))
                .map(|(position, _)| *position),
        );
        found
    }
}

impl Authorization {
    pub(super) fn build(objects: Arc<Objects>, places: Arc<Places>) -> Self {
        Self {
            policies: Attachments::build(&objects.authorization_policies, &places),
            authentications: Attachments::build(&objects.request_authentications, &places),
            objects,
            places,
        }
    }

    /// The AuthorizationPolicies that the proxy of a workload enforces, in the order in which they
    /// decide. Those on trial (`istio.io/dry-run`) are left out.
    pub fn policies(&self, workload: &Workload, proxy: Proxy) -> Vec<&Object<AuthorizationPolicy>> {
        let positions = self.applying(
            &self.policies,
            &self.objects.authorization_policies,
            workload,
            proxy,
        );
        let mut policies: Vec<&Object<AuthorizationPolicy>> = positions
            .into_iter()
            .filter_map(|position| self.objects.authorization_policies.get(position as usize))
            .filter(|policy| !is_on_trial(policy))
            .collect();
        policies.sort_by(|a, b| {
            let key = |policy: &Object<AuthorizationPolicy>| {
                format!("ns[{}]-policy[{}]", policy.namespace(), policy.name())
            };
            key(a).cmp(&key(b))
        });
        policies
    }

    /// The RequestAuthentications that the proxy of a workload enforces, the oldest first.
    pub fn request_authentications(
        &self,
        workload: &Workload,
        proxy: Proxy,
    ) -> Vec<&Object<RequestAuthentication>> {
        if proxy == Proxy::Ambient {
            return Vec::new();
        }
        let objects = &self.objects.request_authentications;
        let positions = self.applying(&self.authentications, objects, workload, proxy);
        let mut found: Vec<&Object<RequestAuthentication>> = positions
            .into_iter()
            .filter_map(|position| objects.get(position as usize))
            .collect();
        found.sort_by(|a, b| {
            let key = |object: &Object<RequestAuthentication>| {
                (
                    object.metadata.creation_timestamp.clone(),
                    object.metadata.name.clone(),
                    object.id,
                )
            };
            key(a).cmp(&key(b))
        });
        found
    }

    fn applying<T: Attached>(
        &self,
        attachments: &Attachments,
        objects: &[Object<T>],
        workload: &Workload,
        proxy: Proxy,
    ) -> Vec<u32> {
        if proxy == Proxy::None {
            return Vec::new();
        }
        let own = workload.namespace;
        let root = self.places.control_plane_or_first(own).root_namespace;
        let namespaces = [Some(own), Some(root).filter(|root| *root != own)];
        let mut found = Vec::new();
        for namespace in namespaces.into_iter().flatten() {
            if proxy != Proxy::Waypoint {
                let is_ztunnel = proxy == Proxy::Ambient;
                found.extend(attachments.selecting(namespace, &workload.labels, is_ztunnel));
            }
            let Some(gateway) = workload.labels.get(GATEWAY_NAME) else {
                continue;
            };
            let targeted = attachments.targeted.get(&namespace).into_iter().flatten();
            found.extend(targeted.filter(|position| {
                let object = objects.get(**position as usize);
                object.is_some_and(|object| {
                    let mut targets = object.spec.target_refs().iter().chain(
                        object
                            .spec
                            .target_ref()
                            .filter(|_| object.spec.target_refs().is_empty()),
                    );
                    targets.any(|target| {
                        let names = target.is(GATEWAY_GROUP, "Gateway")
                            && target.name == *gateway
                            && namespace == own;
                        let is_class = proxy == Proxy::Waypoint
                            && namespace == root
                            && target.is(GATEWAY_GROUP, "GatewayClass")
                            && target.name == "istio-waypoint";
                        names || is_class
                    })
                })
            }));
        }
        found
    }
}

/// Whether a policy is only tried: its annotation says so in one of Go's words for true.
fn is_on_trial(policy: &Object<AuthorizationPolicy>) -> bool {
    let value = policy.metadata.annotations.get("istio.io/dry-run");
    value.is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"))
}
