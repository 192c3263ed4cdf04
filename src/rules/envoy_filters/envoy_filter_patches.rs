//! IST0151, IST0152, IST0153, IST0154, IST0155: patches that may not be applied.

use rustc_hash::FxHashSet;
use serde_json::Value;

use crate::diagnostics::{Code, Finding, Findings, Severity};
use crate::mesh::Mesh;
use crate::model::Object;
use crate::model::networking::{ApplyTo, ConfigPatch, EnvoyFilter, PatchOperation};
use crate::path;
use crate::rules::{Check, Run};

/// The check.
pub(super) const CHECK: Check = Check {
    name: "envoy-filter-patches",
    codes: &[
        Code::IST0151,
        Code::IST0152,
        Code::IST0153,
        Code::IST0154,
        Code::IST0155,
    ],
    runs: &[Run::Mesh(envoy_filter_patches)],
};

/// The name of what a patch adds or matches. Where it was read from matters: upstream never finds
/// a name of one source equal to that of another.
#[derive(PartialEq, Eq, Hash, Default)]
struct Name {
    of_value: bool,
    text: String,
}

fn envoy_filter_patches(mesh: &Mesh, findings: &mut Findings) {
    let mut versioned: FxHashSet<Name> = FxHashSet::default();
    let added = added(mesh);
    for filter in mesh.analysis().envoy_filters() {
        let mut reported: Vec<(Code, bool)> = Vec::new();
        for (index, patch) in filter.spec.config_patches.iter().enumerate() {
            let Some(change) = &patch.patch else {
                if mesh.quirks.empty_patches_end_the_analysis {
                    break;
                }
                continue;
            };
            let name = name(patch);
            let problem = match wrong(patch.apply_to, change.operation) {
                Judgement::Fine => None,
                Judgement::Wrong(code) => Some(code),
                Judgement::Relative if filter.spec.priority != 0 => None,
                Judgement::Relative if versioned.contains(&name) => Some(Code::IST0155),
                Judgement::Relative
                    if !mesh.quirks.run_time_plays_no_part && is_anchored(patch) =>
                {
                    None
                }
                Judgement::Relative => Some(Code::IST0151),
            };
            if let Some(code) = problem {
                // What Istio itself brings is there before any patch is applied.
                let is_safe = code == Code::IST0151
                    && !mesh.quirks.patches_of_built_in_filters_are_relative
                    && !reference(patch).is_some_and(|name| added.contains(name));
                if !reported.contains(&(code, is_safe)) {
                    reported.push((code, is_safe));
                    let finding = finding(code, filter, index, change.operation);
                    findings.push(if is_safe {
                        finding.severity(Severity::Info)
                    } else {
                        finding
                    });
                }
            }
            let proxy = patch.matches.as_ref().and_then(|m| m.proxy.as_ref());
            if proxy.is_some_and(|proxy| !proxy.proxy_version.is_empty()) {
                versioned.insert(name);
            }
        }
    }
}

/// Whether a patch inserts before a filter that it names: that filter is Istio's own, or the patch
/// waits for it.
fn is_anchored(patch: &ConfigPatch) -> bool {
    let operation = patch.patch.as_ref().map(|patch| patch.operation);
    operation == Some(PatchOperation::InsertBefore)
        && reference(patch).is_some_and(|name| !name.is_empty())
}

/// The names of what patches add.
fn added(mesh: &Mesh) -> FxHashSet<&str> {
    let filters = mesh.objects.envoy_filters.iter();
    let patches = filters.flat_map(|filter| &filter.spec.config_patches);
    patches
        .filter_map(|patch| patch.patch.as_ref())
        .filter(|patch| {
            use PatchOperation as Op;
            matches!(
                patch.operation,
                Op::Add | Op::InsertFirst | Op::InsertBefore | Op::InsertAfter
            )
        })
        .filter_map(|patch| patch.value.as_ref()?.get("name")?.as_str())
        .collect()
}

/// The name of the filter that a patch is relative to.
fn reference(patch: &ConfigPatch) -> Option<&str> {
    let listener = patch.matches.as_ref()?.listener.as_ref()?;
    let filter = listener.filter_chain.as_ref()?.filter.as_ref()?;
    let sub_filter = filter.sub_filter.as_ref();
    Some(sub_filter.map_or(&filter.name, |sub_filter| &sub_filter.name))
}

fn name(patch: &ConfigPatch) -> Name {
    let value = patch.patch.as_ref().and_then(|patch| patch.value.as_ref());
    let Some(Value::Object(value)) = value else {
        return Name::default();
    };
    if value.is_empty() {
        return Name::default();
    }
    if let Some(own) = value.get("name") {
        return Name {
            of_value: true,
            text: own.to_string(),
        };
    }
    let filter = patch
        .matches
        .as_ref()
        .and_then(|matches| matches.listener.as_ref())
        .and_then(|listener| listener.filter_chain.as_ref())
        .and_then(|chain| chain.filter.as_ref());
    Name {
        of_value: false,
        text: filter.map_or_else(String::new, |filter| filter.name.to_string()),
    }
}

enum Judgement {
    Fine,
    Wrong(Code),
    /// The patch depends on what other patches have done before it.
    Relative,
}

fn wrong(apply_to: ApplyTo, operation: PatchOperation) -> Judgement {
    use PatchOperation as Op;
    let is_route = matches!(apply_to, ApplyTo::RouteConfiguration | ApplyTo::HttpRoute);
    match operation {
        Op::Add if is_route => Judgement::Wrong(Code::IST0153),
        Op::Remove if is_route => Judgement::Wrong(Code::IST0154),
        Op::Replace
            if !matches!(
                apply_to,
                ApplyTo::NetworkFilter | ApplyTo::HttpFilter | ApplyTo::VirtualHost
            ) =>
        {
            Judgement::Wrong(Code::IST0152)
        }
        Op::Remove | Op::Replace | Op::InsertBefore | Op::InsertAfter => Judgement::Relative,
        _ => Judgement::Fine,
    }
}

fn finding(
    code: Code,
    filter: &Object<EnvoyFilter>,
    index: usize,
    operation: PatchOperation,
) -> Finding {
    let (message, help) = match code {
        Code::IST0152 => (
            "REPLACE is only valid for HTTP_FILTER, NETWORK_FILTER and VIRTUAL_HOST".to_owned(),
            "use MERGE, or REMOVE and ADD",
        ),
        Code::IST0153 => (
            "ADD is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE".to_owned(),
            "use INSERT_FIRST, INSERT_BEFORE or MERGE",
        ),
        Code::IST0154 => (
            "REMOVE is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE".to_owned(),
            "patch the virtual host that holds the route",
        ),
        Code::IST0155 => (
            format!(
                "{operation} depends on other patches, this EnvoyFilter has no priority, and a \
                 patch of the same name is tied to a proxy version: during an upgrade it may not \
                 be applied"
            ),
            "set spec.priority, or use INSERT_FIRST or ADD",
        ),
        _ => (
            format!(
                "{operation} depends on other patches and this EnvoyFilter has no priority: it may \
                 not be applied"
            ),
            "set spec.priority, or use INSERT_FIRST or ADD",
        ),
    };
    let path = path!["spec", "configPatches", index, "patch", "value"];
    Finding::new(code, filter.id, path, message)
        .points_at(path!["spec", "configPatches", index, "patch", "operation"])
        .help(help)
}
