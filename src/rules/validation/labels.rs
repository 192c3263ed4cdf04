//! Label maps and selectors by `labels`.

use crate::model::Labels;
use crate::model::networking::WorkloadSelector;

use super::common::label_pairs;
use super::issues::Issues;
use super::text::{is_placeholder, quote};
use crate::yaml::Trail;

/// Keys and values of a label map.
pub(crate) fn labels(map: &Labels, path: &Trail<'_>, issues: &mut Issues) {
    for (key, value) in map {
        let path = path.field(key);
        issues.check_value(&path, key, label_key(key));
        if !value.is_empty() && !is_label_name(value) && !is_placeholder(value) {
            issues
                .error(&path, format!("invalid tag value: {}", quote(value)))
                .help("a label value holds letters, digits, and - _ . between them");
        }
    }
}

fn label_key(key: &str) -> Result<(), String> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_prefix = |prefix: &str| {
        prefix
            .split('.')
            .all(|label| is_label_name(label) && label.bytes().all(|b| !matches!(b, b'_' | b'.')))
    };
    let why = if !is_label_name(name) || !prefix.is_none_or(is_prefix) {
        ""
    } else if prefix.is_some_and(|prefix| prefix.len() > 253) {
        " (DNS prefix is too long)"
    } else if name.len() > 63 {
        " (name is too long)"
    } else {
        return Ok(());
    };
    Err(format!("invalid tag key: {}{why}", quote(key)))
}

/// Whether it holds letters and digits, and `-`, `_`, `.` between them.
fn is_label_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Checks `workloadSelector.labels`. An error hides all else of the object: then the answer is
/// false. Whether the selector is empty is asked apart, see [`empty_selector`].
pub(crate) fn selector(selector: Option<&WorkloadSelector>, issues: &mut Issues) -> bool {
    let Some(selector) = selector else {
        return true;
    };
    let before = issues.mark();
    let spec = Trail::top("spec");
    let path = spec.field("workloadSelector");
    label_pairs(&selector.labels, &path.field("labels"), issues);
    issues.mark() == before
}

/// Warns of a `workloadSelector` that selects everything. `kind` is upstream's word for the kind.
pub(crate) fn empty_selector(selector: Option<&WorkloadSelector>, kind: &str, issues: &mut Issues) {
    if selector.is_some_and(|selector| selector.labels.is_empty()) {
        let spec = Trail::top("spec");
        issues
            .warn(
                &spec.field("workloadSelector"),
                format!(
                    "{kind}: workload selector specified without labels, will be applied to all \
                     services in namespace"
                ),
            )
            .help(
                "name the workload's labels under labels, or leave the selector out to mean all \
                 workloads",
            );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_keys() {
        let long = "a".repeat(64);
        for key in ["app", "app.kubernetes.io/name", "a_b.c", "x/1"] {
            assert_eq!(label_key(key), Ok(()), "{key}");
        }
        for (key, why) in [
            ("", ""),
            ("-a", ""),
            ("a/", ""),
            ("/a", ""),
            ("a/b/c", ""),
            ("a_b/c", ""),
            (&long, " (name is too long)"),
            (
                &format!("{}a/b", "a.".repeat(127)),
                " (DNS prefix is too long)",
            ),
        ] {
            assert_eq!(
                label_key(key),
                Err(format!("invalid tag key: {}{why}", quote(key))),
                "{key}"
            );
        }
    }
}
