//! The text form of selectors.

use crate::model::Labels;
use crate::yaml::FieldPath;

/// A selector as text, `k1=v1,k2=v2` in the order of the keys; empty for one that selects all.
pub fn selector_text(selector: &Labels) -> String {
    let mut pairs: Vec<String> = selector
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.join(",")
}

/// The path of the selector's first label in text order, below `path`; `path` itself for a
/// selector without labels.
pub fn first_label_path(path: impl Into<FieldPath>, selector: &Labels) -> FieldPath {
    let path = path.into();
    match selector.keys().min() {
        Some(key) => path.field(key),
        None => path,
    }
}
