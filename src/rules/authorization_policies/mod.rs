//! Checks of `AuthorizationPolicy`: what its rules name, and what they do to the traffic of the
//! workloads that it acts on.

mod addresses;
mod allow_http_fields_on_tcp;
mod authorization_path_never_matches;
mod authorization_service_port;
mod custom_provider_unknown;
mod default_deny_blocks_gateway;
mod ip_blocks_at_gateway;
mod ip_blocks_behind_gateway;
pub(in crate::rules) mod no_matching_workload;
mod principal_without_proxy;
mod request_principal_issuer;
mod request_principals_without_authentication;
mod several_custom_providers;
mod source_principals;
pub(in crate::rules) mod tokens;
mod unknown_http_method;
mod unknown_operation_host;
mod unknown_source_namespace;

use crate::mesh::Mesh;
use crate::mesh::security::{PolicyGroup, Target};
use crate::model::security::{AuthorizationPolicy, Operation, Source};
use crate::path;
use crate::rules::Check;
use crate::yaml::FieldPath;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    allow_http_fields_on_tcp::CHECK,
    authorization_path_never_matches::CHECK,
    authorization_service_port::CHECK,
    custom_provider_unknown::CHECK,
    default_deny_blocks_gateway::CHECK,
    ip_blocks_at_gateway::CHECK,
    ip_blocks_behind_gateway::CHECK,
    principal_without_proxy::CHECK,
    request_principal_issuer::CHECK,
    request_principals_without_authentication::CHECK,
    several_custom_providers::CHECK,
    source_principals::CHECK,
    unknown_http_method::CHECK,
    unknown_operation_host::CHECK,
    unknown_source_namespace::CHECK,
];

/// Where an entry stands: rule, and source or operation within it.
type Indices = (usize, usize);

/// The sources of all rules.
fn sources(policy: &AuthorizationPolicy) -> impl Iterator<Item = (Indices, &Source)> {
    policy.rules.iter().enumerate().flat_map(|(i, rule)| {
        let from = rule.from.iter().enumerate();
        from.filter_map(move |(j, from)| Some(((i, j), from.source.as_ref()?)))
    })
}

/// The operations of all rules.
fn operations(policy: &AuthorizationPolicy) -> impl Iterator<Item = (Indices, &Operation)> {
    policy.rules.iter().enumerate().flat_map(|(i, rule)| {
        let to = rule.to.iter().enumerate();
        to.filter_map(move |(j, to)| Some(((i, j), to.operation.as_ref()?)))
    })
}

/// Path of an entry of a source.
fn source_path((i, j): Indices, list: &str, k: usize) -> FieldPath {
    path!["spec", "rules", i, "from", j, "source", list, k]
}

/// Path of an entry of an operation.
fn operation_path((i, j): Indices, list: &str, k: usize) -> FieldPath {
    path!["spec", "rules", i, "to", j, "operation", list, k]
}

/// Whether the input holds something that the policies of a group name as their target.
fn has_known_target(mesh: &Mesh, group: &PolicyGroup) -> bool {
    let place = mesh.places.name(group.namespace);
    group.targets.iter().any(|target| match target {
        Target::Service(name) => mesh.named(place, name).services().is_some(),
        Target::ServiceEntry(name) => mesh.named(place, name).service_entries().is_some(),
        Target::Gateway(name) => mesh.named(place, name).k8s_gateways().is_some(),
        Target::GatewayClass(_) | Target::Other => false,
    })
}
