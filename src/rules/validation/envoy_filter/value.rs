//! The value of a patch, as far as it can be judged without Envoy's own schemas.

use serde_json::{Map, Value};

use crate::model::networking::ApplyTo;
use crate::path;
use crate::rules::validation::issues::Issues;
use crate::yaml::{FieldPath, Trail};

/// Checks the value at `path` as what `apply_to` takes.
pub(super) fn check(apply_to: ApplyTo, value: &Value, path: &Trail<'_>, issues: &mut Issues) {
    if let Some((at, name)) = old_type(value) {
        issues
            .error(
                path.path().join(&at),
                format!(
                    "referenced type unknown (hint: try using the v3 XDS API): {name} is no type \
                     of Envoy's v3 API"
                ),
            )
            .help("Envoy's v2 API is gone: use the type of the same name below .v3.");
        return;
    }
    let Value::Object(fields) = value else {
        return;
    };
    let name = fields.get("name");
    if apply_to != ApplyTo::Bootstrap
        && let Some(found) = name.and_then(other_type)
    {
        issues.error(
            &path.field("name"),
            format!("Envoy filter: json: cannot unmarshal {found} into Go value of type string"),
        );
        return;
    }
    untyped(apply_to, fields, path, issues);
}

/// The first `@type` of Envoy's v2 API: its path below the value, and the type.
fn old_type(value: &Value) -> Option<(FieldPath, &str)> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(key, value)| match value {
            Value::String(name) if key == "@type" => name
                .contains(".v2.")
                .then(|| (path![key.as_str()], name.as_str())),
            _ => old_type(value).map(|(path, name)| (path![key.as_str()].join(&path), name)),
        }),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            old_type(item).map(|(path, name)| (path![index].join(&path), name))
        }),
        _ => None,
    }
}

/// Go's word for the type of a value that is no text.
const fn other_type(value: &Value) -> Option<&'static str> {
    match value {
        Value::Bool(_) => Some("bool"),
        Value::Number(_) => Some("number"),
        Value::Object(_) => Some("object"),
        Value::Array(_) => Some("array"),
        Value::Null | Value::String(_) => None,
    }
}

/// Extensions that are named without saying their type, which Envoy no longer looks up by name.
fn untyped(apply_to: ApplyTo, fields: &Map<String, Value>, path: &Trail<'_>, issues: &mut Issues) {
    let parts: &[[&str; 2]] = match apply_to {
        ApplyTo::HttpFilter
        | ApplyTo::NetworkFilter
        | ApplyTo::ListenerFilter
        | ApplyTo::ExtensionConfig => &[],
        ApplyTo::Cluster => &[
            ["cluster_type", "clusterType"],
            ["transport_socket", "transportSocket"],
            ["upstream_config", "upstreamConfig"],
        ],
        ApplyTo::FilterChain => &[["transport_socket", "transportSocket"]],
        _ => return,
    };
    let mut found: Vec<(FieldPath, &str)> = Vec::new();
    if parts.is_empty()
        && let Some(name) = untyped_name(fields)
    {
        found.push((path.path(), name));
    }
    for spellings in parts {
        let part = spellings
            .iter()
            .find_map(|field| Some((field, fields.get(*field)?.as_object()?)));
        if let Some((field, part)) = part
            && let Some(name) = untyped_name(part)
        {
            found.push((path.field(field).path(), name));
        }
    }
    let Some((first, _)) = found.first() else {
        return;
    };
    let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
    issues
        .warn(
            first,
            format!(
                "using deprecated types by name without typed_config; {}",
                names.join(", ")
            ),
        )
        .help("add typed_config with the @type of the extension");
}

/// The name of an extension without a type.
fn untyped_name(part: &Map<String, Value>) -> Option<&str> {
    const CONFIGURATIONS: [&str; 4] = [
        "typed_config",
        "typedConfig",
        "config_discovery",
        "configDiscovery",
    ];
    let has_type = CONFIGURATIONS
        .iter()
        .any(|field| part.get(*field).is_some_and(|value| !value.is_null()));
    (!has_type).then(|| part.get("name").and_then(Value::as_str).unwrap_or_default())
}
