//! The order in which objects are printed.

use ecow::EcoString;

use super::file::SortOptions;
use super::identity::Gvk;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Result};
use super::resource::Resource;

const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: &[&str] = &[
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Sorts the objects as the outermost kustomization says.
pub(super) fn apply(options: Option<&SortOptions>, objects: &mut Objects) -> Result<()> {
    let fault = |message: String| {
        Err(Problem::new(
            ProblemKind::BadKustomization,
            options.map(|options| options.trace.place),
            message,
        ))
    };
    let (mut first, mut last): (Vec<EcoString>, Vec<EcoString>) = (
        FIRST.iter().copied().map(EcoString::from).collect(),
        LAST.iter().copied().map(EcoString::from).collect(),
    );
    if let Some(options) = options {
        match (options.order.as_str(), &options.legacy) {
            ("legacy", None) => {}
            ("legacy", Some(legacy)) => {
                first = legacy.first.iter().map(|text| text.text.clone()).collect();
                last = legacy.last.iter().map(|text| text.text.clone()).collect();
            }
            ("fifo", None) => return Ok(()),
            ("fifo", Some(_)) => {
                return fault(
                    "`legacySortOptions` belong to the order `legacy`, not to `fifo`".into(),
                );
            }
            (other, _) => {
                return fault(format!(
                    "`sortOptions.order` must be `legacy` or `fifo`, not `{other}`"
                ));
            }
        }
    }
    let first: rustc_hash::FxHashMap<_, _> = first.into_iter().zip(i64::MIN..).collect();
    let last: rustc_hash::FxHashMap<_, _> = last.into_iter().zip(1_i64..).collect();
    let rank = |kind: &str| {
        let first = first.get(kind);
        first.or_else(|| last.get(kind)).copied().unwrap_or(0)
    };
    objects.list_mut().sort_by_cached_key(|resource| {
        let gvk = resource.gvk();
        (rank(&gvk.kind), kind_text(resource), object_text(resource))
    });
    Ok(())
}

/// What kinds are sorted by where kustomize sorts kinds alone.
pub(super) fn kind_key(gvk: &Gvk) -> (i64, String) {
    let first = FIRST
        .iter()
        .zip(i64::MIN..)
        .find(|(kind, _)| **kind == gvk.kind);
    let last = LAST.iter().zip(1..).find(|(kind, _)| **kind == gvk.kind);
    let rank = first.or(last).map_or(0, |(_, rank)| rank);
    let parts = [
        or(&gvk.group, "~G"),
        or(&gvk.version, "~V"),
        or(&gvk.kind, "~K"),
    ];
    (rank, parts.join("_"))
}

fn or<'t>(text: &'t str, empty: &'static str) -> &'t str {
    if text.is_empty() { empty } else { text }
}

/// Group, version and kind as they are compared.
fn kind_text(resource: &Resource) -> String {
    let gvk = resource.gvk();
    let parts = [
        or(&gvk.group, "~G"),
        or(&gvk.version, "~V"),
        or(&gvk.kind, "~K"),
    ];
    // kustomize turns this order around for the kind Namespace.
    if gvk.kind == "Namespace" && gvk.group.is_empty() {
        return format!("\0{}", parts.join("_"));
    }
    parts.join("_")
}

/// The rest of the identity as it is compared.
fn object_text(resource: &Resource) -> String {
    let identity = resource.identity();
    let gvk = &identity.gvk;
    let namespace = or(&identity.namespace, "~X");
    format!(
        "{}.{}.{}|{namespace}|{}",
        or(&gvk.kind, "[noKind]"),
        or(&gvk.version, "[noVer]"),
        or(&gvk.group, "[noGrp]"),
        or(&identity.name, "~N")
    )
}
