//! `exportTo` of VirtualServices, DestinationRules and ServiceEntries.

use rustc_hash::FxHashSet;

use crate::model::Str;

use super::issues::Issues;
use super::text::{is_dns_label, is_placeholder};
use crate::yaml::Trail;

/// What the rules for `exportTo` depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exported {
    /// A VirtualService, or a DestinationRule for all workloads.
    Configuration,
    /// A DestinationRule with a workload selector.
    ForWorkloads,
    /// A ServiceEntry, which may be exported to nobody.
    ServiceEntry,
}

/// Checks `exportTo` of an object of `namespace`.
pub(crate) fn export_to(list: &[Str], namespace: &str, what: Exported, issues: &mut Issues) {
    if list.is_empty() {
        return;
    }
    let spec = Trail::top("spec");
    let path = spec.field("exportTo");
    let mut audience: FxHashSet<&str> = FxHashSet::default();
    for (index, entry) in list.iter().enumerate() {
        let item = path.item(index);
        let is_own = entry == ".";
        let key = if is_own { namespace } else { entry.as_str() };
        if audience.contains(key) {
            issues.error(
                &item,
                if is_own {
                    format!("duplicate entries in exportTo: . and current namespace {namespace}")
                } else {
                    format!("duplicate entries in exportTo for entry {entry}")
                },
            );
        } else if key == "*" || (key == "~" && what == Exported::ServiceEntry) || is_own {
            audience.insert(key);
        } else if key == "~" {
            issues
                .error(
                    &item,
                    "exportTo ~ (none) is not allowed for Istio configuration objects",
                )
                .help("write . to keep the object to its own namespace");
        } else if is_dns_label(key) || is_placeholder(key) {
            audience.insert(key);
        } else {
            issues.error(
                &item,
                "only .,*, or a valid DNS 1123 label is allowed as exportTo entry",
            );
        }
    }
    if what == Exported::ForWorkloads && !audience.is_empty() {
        for_workloads(&audience, namespace, &path, issues);
    }
    let is_list = list.len() > 1;
    if is_list && audience.contains("*") {
        issues
            .error(
                &path,
                "cannot have both public (*) and non-public exportTo values for a resource",
            )
            .help("* covers every namespace: keep it alone, or remove it");
    }
    if is_list && audience.contains("~") {
        issues.error(
            &path,
            "cannot export service entry to no one (~) and someone",
        );
    }
}

fn for_workloads(
    audience: &FxHashSet<&str>,
    namespace: &str,
    path: &Trail<'_>,
    issues: &mut Issues,
) {
    let message = if !audience.contains(namespace) {
        if audience.iter().any(|entry| is_placeholder(entry)) {
            return;
        }
        "destination rule with workload selector cannot have exportTo beyond current namespace"
    } else if audience.len() > 1 {
        "destination rule with workload selector cannot have multiple entries in exportTo"
    } else {
        return;
    };
    issues
        .error(path, message)
        .help("write exportTo: [\".\"], or leave it out");
}
