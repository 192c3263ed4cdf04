//! Checks of what the rules of an `AuthorizationPolicy` name: namespaces, methods, hosts, principals.

pub(in crate::rules) mod no_matching_workload;
mod source_principals;
mod unknown_http_method;
mod unknown_operation_host;
mod unknown_source_namespace;

use crate::model::security::{AuthorizationPolicy, Operation, Source};
use crate::path;
use crate::rules::Check;
use crate::yaml::FieldPath;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
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
