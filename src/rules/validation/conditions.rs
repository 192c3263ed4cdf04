//! The conditions (`when`) of an `AuthorizationPolicy`: which keys there are and what values they
//! take.

use std::fmt::Write as _;

use crate::mesh::Quirks;
use crate::model::Str;
use crate::model::security::Condition;

use super::issues::Issues;
use super::text::is_placeholder;
use super::value_lists::{self as lists, Failure};
use crate::yaml::Trail;

/// Where a condition is wrong.
enum Place {
    Key,
    List,
    Value(usize),
}

/// Checks a condition at `path`.
pub(super) fn check(condition: &Condition, quirks: Quirks, path: &Trail<'_>, issues: &mut Issues) {
    let key = condition.key.as_str();
    if key.is_empty() {
        issues.error(&path.field("key"), "`key` must not be empty");
        return;
    }
    if condition.values.is_empty() && condition.not_values.is_empty() {
        issues.error(
            &path.field("values"),
            format!("at least one of `values` or `notValues` must be set for key {key}"),
        );
        return;
    }
    if is_placeholder(key) {
        return;
    }
    let mut is_bad_key = false;
    for (list, field, name) in [
        (&condition.values, "values", "value"),
        (&condition.not_values, "notValues", "notValue"),
    ] {
        let Err((place, why)) = check_list(key, list) else {
            continue;
        };
        let is_repeated = is_bad_key && matches!(place, Place::Key);
        if is_repeated && !quirks.bad_condition_keys_count_twice {
            continue;
        }
        is_bad_key |= matches!(place, Place::Key);
        let message = format!("invalid `{name}` for `key` {key}: {why}");
        match place {
            Place::Key => issues.error(&path.field("key"), message),
            Place::List => issues.error(&path.field(field), message),
            Place::Value(index) => issues.error(&path.field(field).item(index), message),
        };
    }
}

fn check_list(key: &str, list: &[Str]) -> Result<(), (Place, String)> {
    let at_value = |(index, why): Failure| (index.map_or(Place::List, Place::Value), why);
    let at_key = |why: String| Err((Place::Key, why));
    lists::non_empty(key, list).map_err(at_value)?;
    match key {
        "source.ip" | "remote.ip" | "destination.ip" => joined(lists::ip_block, list),
        "destination.port" => joined(lists::port, list),
        "source.namespace"
        | "source.principal"
        | "request.auth.principal"
        | "request.auth.audiences"
        | "request.auth.presenter"
        | "connection.sni" => Ok(()),
        "source.serviceAccount" => lists::service_accounts(key, list).map_err(at_value),
        "source.trustDomain" => lists::wildcards(key, list).map_err(at_value),
        "destination.namespace" => at_key(format!(
            "attribute {key} is replaced by the metadata.namespace"
        )),
        "destination.name" | "destination.user" => at_key(format!(
            "deprecated attribute {key}: only supported in v1alpha1"
        )),
        _ if key.starts_with("request.headers")
            || key.starts_with("request.auth.claims")
            || key.starts_with("experimental.envoy.filters.") =>
        {
            if is_map_key(key) {
                Ok(())
            } else {
                at_key(format!("bad key ({key}): should have format a[b]"))
            }
        }
        _ if key.starts_with("destination.labels") => at_key(format!(
            "attribute {key} is replaced by the workload selector"
        )),
        _ => at_key(format!("unknown attribute: {key}")),
    }
}

/// Whether the condition is about something that TCP connections have.
pub(super) fn knows_tcp(condition: &Condition) -> bool {
    matches!(
        condition.key.as_str(),
        "source.ip"
            | "remote.ip"
            | "destination.ip"
            | "destination.port"
            | "source.namespace"
            | "source.principal"
            | "source.serviceAccount"
            | "source.trustDomain"
            | "connection.sni"
    ) || condition.key.starts_with("experimental.envoy.filters.")
}

/// Whether a key has the form `a[b]`.
fn is_map_key(key: &str) -> bool {
    key.strip_suffix(']')
        .and_then(|head| head.split_once('['))
        .is_some_and(|(name, inner)| !name.is_empty() && !inner.is_empty())
}

/// Every bad item in one text, at the first of them: what Go's multierror prints.
fn joined(check: fn(&str) -> Result<(), String>, list: &[Str]) -> Result<(), (Place, String)> {
    let failures: Vec<_> = lists::failures(check, list).collect();
    let Some((first, _)) = failures.first() else {
        return Ok(());
    };
    let mut text = match failures.len() {
        1 => "1 error occurred:\n".to_owned(),
        n => format!("{n} errors occurred:\n"),
    };
    for (_, message) in &failures {
        let _ = writeln!(text, "\t* {message}");
    }
    text.push('\n');
    Err((Place::Value(*first), text))
}
