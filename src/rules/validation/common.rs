//! What several kinds share: annotations that no user may set, selectors and target references.

use crate::model::Metadata;
use crate::model::attachment::{Attached, PolicyTargetReference};
use crate::model::types::Labels;

use super::issues::Issues;
use super::text::quote;
use crate::yaml::Trail;

/// `istio.io/dry-run`, which only an `AuthorizationPolicy` may carry.
pub(crate) const DRY_RUN: &str = "istio.io/dry-run";

const SPEC: Trail<'_> = Trail::top("spec");

/// Checks the annotations of a kind that knows no dry run. When it finds something nothing else
/// of the object is looked at.
pub(crate) fn annotations(metadata: &Metadata, issues: &mut Issues) {
    if metadata.annotations.contains_key(DRY_RUN) {
        annotation_error(
            DRY_RUN,
            format!(
                "{}/{} has unsupported annotation {DRY_RUN}, please remove the annotation",
                metadata.namespace, metadata.name
            ),
            issues,
        );
        return;
    }
    internal_annotations(metadata, issues);
}

/// The annotations that Istio sets on objects which it makes itself.
pub(crate) fn internal_annotations(metadata: &Metadata, issues: &mut Issues) {
    const REJECT: &str = "internal.istio.io/webhook-always-reject";
    const RESERVED: [&str; 2] = [
        "internal.istio.io/parent-namespace",
        "internal.istio.io/parents",
    ];
    if metadata.annotations.contains_key(REJECT) {
        let message = format!("{} annotation found, rejecting", quote(REJECT));
        annotation_error(REJECT, message, issues);
        return;
    }
    let reserved = RESERVED
        .iter()
        .find(|name| metadata.annotations.contains_key(name));
    if let Some(name) = reserved {
        let message = format!(
            "{} annotation found, this may not be set by users",
            quote(name)
        );
        annotation_error(name, message, issues);
    }
}

/// An error at an annotation.
pub(crate) fn annotation_error(name: &str, message: String, issues: &mut Issues) {
    let root = Trail::top("metadata");
    let annotations = root.field("annotations");
    issues
        .error(&annotations.field(name), message)
        .help(format!("remove the annotation {name}"));
}

/// How a policy is bound to workloads: by one of selector, `targetRef` and `targetRefs`.
pub(crate) fn attachment<T: Attached>(policy: &T, issues: &mut Issues) {
    let (selector, target_ref) = (policy.selector(), policy.target_ref());
    let ways = [
        selector.is_some(),
        target_ref.is_some(),
        !policy.target_refs().is_empty(),
    ];
    if ways.iter().filter(|given| **given).count() > 1 {
        let at = if selector.is_some() {
            "selector"
        } else {
            "targetRef"
        };
        issues
            .error(
                &SPEC.field(at),
                "only one of targetRefs or workloadSelector can be set",
            )
            .help("keep one of selector, targetRef and targetRefs");
    }
    if let Some(labels) = selector {
        match_labels(labels, &SPEC.field("selector"), issues);
    }
    if let Some(target) = target_ref {
        target_reference(target, &SPEC.field("targetRef"), issues);
    }
    let list = SPEC.field("targetRefs");
    for (index, target) in policy.target_refs().iter().enumerate() {
        target_reference(target, &list.item(index), issues);
    }
}

/// The labels of a selector at `path`.
pub(crate) fn match_labels(labels: &Labels, path: &Trail<'_>, issues: &mut Issues) {
    let map = path.field("matchLabels");
    label_pairs(labels, &map, issues);
    if labels.is_empty() {
        issues
            .warn(path, "workload selector specified without labels")
            .help("name the workload's labels under matchLabels, or leave the selector out to mean all workloads");
    }
}

/// Empty keys and wildcards in the labels of a selector; `map` is the labels' own path.
pub(crate) fn label_pairs(labels: &Labels, map: &Trail<'_>, issues: &mut Issues) {
    for (key, value) in labels.iter() {
        let pair = || quote(&format!("{key}={value}"));
        if key.is_empty() {
            issues.error(
                map,
                format!("empty key is not supported in selector: {}", pair()),
            );
        }
        if key.contains('*') || value.contains('*') {
            issues
                .error(
                    &map.field(key),
                    format!("wildcard is not supported in selector: {}", pair()),
                )
                .help("selectors compare whole values: name the label's value");
        }
    }
}

/// The kinds that a policy can be attached to, by group and name.
const TARGETS: [(&str, &str); 4] = [
    ("", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
];

fn target_reference(target: &PolicyTargetReference, path: &Trail<'_>, issues: &mut Issues) {
    if target.name.is_empty() {
        issues.error(&path.field("name"), "targetRef name must be set");
    }
    if !target.namespace.is_empty() {
        issues
            .error(
                &path.field("namespace"),
                "targetRef namespace must not be set; cross namespace referencing is not supported",
            )
            .help("remove the namespace and keep the policy in the namespace of its target");
    }
    if !TARGETS.iter().any(|(group, kind)| target.is(group, kind)) {
        let issue = issues.error(
            &path.field("kind"),
            format!(
                "targetRef must be to one of [core/v1/Service networking.istio.io/v1/ServiceEntry \
                 gateway.networking.k8s.io/v1/Gateway gateway.networking.k8s.io/v1/GatewayClass] \
                 but was {}/{}",
                target.group, target.kind
            ),
        );
        if let Some((group, kind)) = TARGETS.iter().find(|(_, kind)| target.kind == *kind) {
            issue.help(format!("the group of a {kind} is {}", quote(group)));
        }
    }
}
