//! What binds objects to workloads: label selectors and target references, and the table of the kinds
//! that have them.

use serde::Deserialize;

use super::Kind;
use super::extensions::{TrafficExtension, WasmPlugin};
use super::networking::{DestinationRule, EnvoyFilter, ProxyConfig, ServiceEntry, Sidecar};
use super::security::{AuthorizationPolicy, PeerAuthentication, RequestAuthentication};
use super::telemetry::Telemetry;
use super::types::{Labels, Str};
use crate::path;
use crate::yaml::FieldPath;

/// `selector` of a policy (`istio.type.v1beta1.WorkloadSelector`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadSelector {
    /// Labels that a workload must carry, all of them; none selects every workload.
    pub match_labels: Labels,
}

/// `targetRef` and `targetRefs[]` (`istio.type.v1beta1.PolicyTargetReference`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicyTargetReference {
    /// API group of the target; empty and `core` are the core group.
    pub group: Str,
    /// Kind of the target.
    pub kind: Str,
    /// Name of the target.
    pub name: Str,
    /// Must stay empty: the target lives in the policy's namespace (or the root namespace for a
    /// GatewayClass).
    pub namespace: Str,
}

impl PolicyTargetReference {
    /// Whether the reference names this group and kind; `core` is the core group.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        let own = if self.group == "core" {
            ""
        } else {
            self.group.as_str()
        };
        own == group && self.kind == kind
    }
}

/// A kind whose objects are bound to workloads: by a selector over their labels, or by references
/// to what stands before them; an object with neither holds for all that its namespace reaches.
pub trait Attached: Sized {
    /// The kind.
    const KIND: Kind;
    /// The fields of `spec` that lead to the selector's labels.
    const SELECTOR: [&'static str; 2];

    /// The labels of the selector, as far as there is one.
    fn selector(&self) -> Option<&Labels>;

    /// The single target reference.
    fn target_ref(&self) -> Option<&PolicyTargetReference> {
        None
    }

    /// The list of target references.
    fn target_refs(&self) -> &[PolicyTargetReference] {
        &[]
    }

    /// The labels that a workload must carry; `None` where every workload is selected, as it is by
    /// a selector without labels.
    fn selected_labels(&self) -> Option<&Labels> {
        self.selector().filter(|labels| !labels.is_empty())
    }

    /// Whether every workload is selected.
    fn is_selectorless(&self) -> bool {
        self.selected_labels().is_none()
    }

    /// All target references.
    fn targets(&self) -> impl Iterator<Item = &PolicyTargetReference> {
        self.target_ref().into_iter().chain(self.target_refs())
    }

    /// All target references with their paths.
    fn targets_with_paths(&self) -> impl Iterator<Item = (FieldPath, &PolicyTargetReference)> {
        let single = self.target_ref().into_iter();
        let single = single.map(|target| (path!["spec", "targetRef"], target));
        let list = self.target_refs().iter().enumerate();
        single.chain(list.map(|(i, target)| (path!["spec", "targetRefs", i], target)))
    }

    /// The path of the selector.
    fn selector_path() -> FieldPath {
        let [selector, _] = Self::SELECTOR;
        path!["spec", selector]
    }

    /// The path of the selector's labels.
    fn labels_path() -> FieldPath {
        let [selector, labels] = Self::SELECTOR;
        path!["spec", selector, labels]
    }
}

/// The table of these kinds: the field of the selector and that of its labels, as text and in the
/// model, and which forms of target references they have.
macro_rules! attached {
    ($($kind:ident: $text:literal/$below:literal $selector:ident.$labels:ident $([$($target:ident)+])?;)+) => {
        $(impl Attached for $kind {
            const KIND: Kind = Kind::$kind;
            const SELECTOR: [&'static str; 2] = [$text, $below];

            fn selector(&self) -> Option<&Labels> {
                self.$selector.as_ref().map(|selector| &selector.$labels)
            }
            $($(attached!(@ $target);)+)?
        })+
    };
    (@ target_ref) => {
        fn target_ref(&self) -> Option<&PolicyTargetReference> {
            self.target_ref.as_ref()
        }
    };
    (@ target_refs) => {
        fn target_refs(&self) -> &[PolicyTargetReference] {
            &self.target_refs
        }
    };
}
attached! {
    AuthorizationPolicy: "selector"/"matchLabels" selector.match_labels [target_ref target_refs];
    RequestAuthentication: "selector"/"matchLabels" selector.match_labels [target_ref target_refs];
    PeerAuthentication: "selector"/"matchLabels" selector.match_labels;
    Telemetry: "selector"/"matchLabels" selector.match_labels [target_ref target_refs];
    WasmPlugin: "selector"/"matchLabels" selector.match_labels [target_ref target_refs];
    TrafficExtension: "selector"/"matchLabels" selector.match_labels [target_refs];
    ProxyConfig: "selector"/"matchLabels" selector.match_labels;
    DestinationRule: "workloadSelector"/"matchLabels" workload_selector.match_labels;
    EnvoyFilter: "workloadSelector"/"labels" workload_selector.labels [target_refs];
    ServiceEntry: "workloadSelector"/"labels" workload_selector.labels;
    Sidecar: "workloadSelector"/"labels" workload_selector.labels;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_selector_selects_every_workload() {
        let mut policy = Telemetry::default();
        assert!(policy.is_selectorless() && policy.selector().is_none());
        policy.selector = Some(WorkloadSelector::default());
        assert!(policy.is_selectorless() && policy.selector().is_some());
        let labels = Labels::from(vec![("app".into(), "cart".into())]);
        policy.selector = Some(WorkloadSelector {
            match_labels: labels.clone(),
        });
        assert_eq!(policy.selected_labels(), Some(&labels));
    }

    #[test]
    fn targets_are_those_of_both_forms() {
        let target = |name: &str| PolicyTargetReference {
            name: name.into(),
            ..PolicyTargetReference::default()
        };
        let policy = AuthorizationPolicy {
            target_ref: Some(target("a")),
            target_refs: vec![target("b"), target("c")],
            ..AuthorizationPolicy::default()
        };
        let found: Vec<String> = policy
            .targets_with_paths()
            .map(|(path, target)| format!("{path} {}", target.name))
            .collect();
        assert_eq!(
            found,
            [
                "spec/targetRef a",
                "spec/targetRefs[0] b",
                "spec/targetRefs[1] c"
            ]
        );
        assert_eq!(policy.targets().count(), 3);
        assert_eq!(
            Sidecar::labels_path().to_string(),
            "spec/workloadSelector/labels"
        );
    }
}
