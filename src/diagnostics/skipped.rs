//! What was not checked, by reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::report::Skipped;
use crate::input;
use crate::load::Loaded;

/// The files that were passed over, and the objects in `sources` of kinds that no rule reads.
pub fn skipped(passed: &[input::Skipped], sources: &[Arc<Loaded>]) -> Vec<Skipped> {
    let mut by_reason: BTreeMap<input::SkipReason, Vec<String>> = BTreeMap::new();
    for file in passed {
        by_reason
            .entry(file.reason)
            .or_default()
            .push(file.path.clone());
    }
    let mut skipped: Vec<Skipped> = by_reason
        .into_iter()
        .map(|(reason, mut what)| {
            what.sort();
            Skipped {
                reason: reason.words().to_owned(),
                count: what.len(),
                what,
            }
        })
        .collect();
    let mut unread: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let manifests = sources.iter().flat_map(|loaded| loaded.objects.iter());
    for manifest in manifests.filter(|manifest| manifest.body.is_none()) {
        let header = &manifest.header;
        *unread
            .entry((&header.api_version, &header.kind))
            .or_default() += 1;
    }
    if !unread.is_empty() {
        let count = unread.values().sum();
        let mut what: Vec<String> = unread
            .into_iter()
            .map(|((version, kind), count)| format!("{count} {kind} ({version})"))
            .collect();
        what.sort();
        skipped.push(Skipped {
            reason: "objects of kinds that no rule reads".to_owned(),
            count,
            what,
        });
    }
    skipped
}
