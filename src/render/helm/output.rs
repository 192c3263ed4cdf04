//! From the texts of templates to objects: documents, hooks, order.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::marks;
use super::problem::{Problem, ProblemKind};
use super::text::Text;
use super::track::Tracker;
use crate::render::Rendered;
use crate::yaml::{Node, Scalar, Tree, Value};

/// A rendered document with what its place in the output depends on.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) rendered: Rendered,
    /// The template it came from.
    pub(super) path: String,
    kind: String,
    hook: bool,
}

/// The kinds in the order of installation.
const ORDER: [&str; 37] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "",
];

/// The events of hooks.
const EVENTS: [&str; 10] = [
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

/// The parts of a text between document separators, trimmed, without empty ones.
pub(super) fn split(text: &Text) -> Vec<Text> {
    #[expect(clippy::unwrap_used, reason = "the expression is constant")]
    static SEPARATOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*").unwrap());
    let whole = trim(text, 0..text.len());
    let mut parts = Vec::new();
    let mut start = 0;
    for found in SEPARATOR.find_iter(whole.bytes()) {
        parts.push(start..found.start());
        start = found.end();
    }
    parts.push(start..whole.len());
    parts
        .into_iter()
        .map(|range| trim(&whole, range))
        .filter(|part| !part.is_empty())
        .collect()
}

/// A range of a text without white space at its ends.
fn trim(text: &Text, range: std::ops::Range<usize>) -> Text {
    let bytes = text.bytes().get(range.clone()).unwrap_or_default();
    let valid = String::from_utf8_lossy(bytes);
    if valid.len() != bytes.len() {
        let start = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let end = bytes
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        return text.slice(range.start + start..range.end.saturating_sub(end));
    }
    let start = valid.len() - valid.trim_start().len();
    let end = valid.trim_end().len().max(start);
    text.slice(range.start + start..range.start + end)
}

/// Reads the head of a document. `None` when it is left out: a test, a hook of unknown events, or
/// nothing but comments.
pub(super) fn document(
    tracker: &Tracker,
    part: &Text,
    path: &str,
    placeholders: bool,
) -> Result<Option<Document>, Problem> {
    let part = marks::valid(part);
    let lossy = part.lossy();
    let tree = Tree::parse(&lossy);
    let bad = |span: crate::yaml::Span, message: &str| {
        let shown = format!("{path} renders to text that is no object: {message}");
        let mut problem = Problem::new(ProblemKind::Manifest, shown);
        marks::locate(tracker, &part, span, &mut problem);
        problem
    };
    let Some(first) = tree.documents().first() else {
        return Ok(None);
    };
    if let Some(error) = &first.error {
        return Err(bad(error.span, &error.message));
    }
    let Some(root) = tree.root(first) else {
        return Ok(None);
    };
    if root.value() != Value::Mapping {
        if root.is_null() {
            return Ok(None);
        }
        let message = format!("it is {}, not a mapping", root.type_name());
        return Err(bad(root.span(), &message));
    }
    let head = Head::read(root).map_err(|(span, message)| bad(span, &message))?;
    let mut hook = false;
    if let Some(events) = &head.events {
        let events = events.split(',').map(|event| event.trim().to_lowercase());
        for event in events {
            let test = event == "test" || event == "test-success";
            if test || !EVENTS.contains(&event.as_str()) {
                return Ok(None);
            }
        }
        hook = true;
    }
    Ok(Some(Document {
        rendered: marks::render(tracker, &part, root, hook, placeholders),
        path: path.to_owned(),
        kind: head.kind,
        hook,
    }))
}

/// What Helm reads of an object.
struct Head {
    kind: String,
    events: Option<String>,
}

impl Head {
    fn read(root: Node<'_>) -> Result<Self, (crate::yaml::Span, String)> {
        let string = |node: Node<'_>, name: &str| {
            super::metadata::string_of(node)
                .ok_or_else(|| (node.span(), format!("{name} is {}", node.type_name())))
        };
        let kind = match root.get("kind") {
            Some(node) => string(node, "kind")?,
            None => String::new(),
        };
        if let Some(node) = root.get("apiVersion") {
            string(node, "apiVersion")?;
        }
        let mut events = None;
        if let Some(metadata) = root.get("metadata").filter(|node| !node.is_null()) {
            if metadata.value() != Value::Mapping {
                let message = format!("metadata is {}", metadata.type_name());
                return Err((metadata.span(), message));
            }
            if let Some(name) = metadata.get("name") {
                string(name, "metadata.name")?;
            }
            if let Some(annotations) = metadata.get("annotations").filter(|node| !node.is_null()) {
                if annotations.value() != Value::Mapping {
                    let message = format!("metadata.annotations is {}", annotations.type_name());
                    return Err((annotations.span(), message));
                }
                for (key, value) in annotations.entries() {
                    let text = string(value, "an annotation")?;
                    let is_null = value.value() == Value::Scalar(Scalar::Null);
                    if key.text() == Some("helm.sh/hook") && !is_null {
                        events = Some(text);
                    }
                }
            }
        }
        Ok(Self { kind, events })
    }
}

/// Sorts documents as Helm prints them: by kind in the order of installation, hooks last.
pub(super) fn sort(documents: &mut [Document]) {
    let rank = |kind: &str| {
        ORDER
            .iter()
            .position(|known| *known == kind && !kind.is_empty())
            .unwrap_or(ORDER.len())
    };
    documents.sort_by(|a, b| {
        let known = |document: &Document| rank(&document.kind);
        a.hook.cmp(&b.hook).then_with(|| {
            known(a).cmp(&known(b)).then_with(|| {
                if known(a) == ORDER.len() {
                    a.kind.cmp(&b.kind)
                } else {
                    std::cmp::Ordering::Equal
                }
            })
        })
    });
}
