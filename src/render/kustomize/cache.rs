//! What a folder makes, kept for the next one that lists it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::build::{Accumulator, Deprecated};
use super::loader::is_below;
use super::problem::{Hole, Problem};
use super::schema::Schema;

/// Folders that were rendered in a run, so that overlays share their bases. Texts must not change
/// as long as it is used.
#[derive(Debug, Default)]
pub struct Cache {
    folders: Mutex<FxHashMap<String, Vec<Arc<Cached>>>>,
}

/// A rendered folder.
#[derive(Debug)]
pub(super) struct Cached {
    pub(super) made: Accumulator,
    pub(super) problems: Vec<Problem>,
    pub(super) holes: Vec<Hole>,
    pub(super) inputs: BTreeSet<String>,
    pub(super) deprecated: Vec<Deprecated>,
    /// The folders that were entered.
    pub(super) entered: Vec<String>,
    pub(super) schema_before: Schema,
    pub(super) schema_after: Schema,
    /// Whether there are Helm charts, which depend on the namespace for them.
    pub(super) has_charts: bool,
    /// That namespace.
    pub(super) chart_namespace: Option<String>,
    pub(super) lenient: bool,
    pub(super) restrict: bool,
}

/// Under which circumstances a folder is rendered.
pub(super) struct Circumstances<'c> {
    pub(super) schema: &'c Schema,
    pub(super) chart_namespace: Option<&'c str>,
    pub(super) lenient: bool,
    pub(super) restrict: bool,
    /// The folders from the root to the one that lists it.
    pub(super) stack: &'c [String],
}

impl Cache {
    /// What the folder makes under the circumstances, when that is known.
    pub(super) fn get(&self, folder: &str, now: &Circumstances<'_>) -> Option<Arc<Cached>> {
        let folders = self.folders.lock().ok()?;
        let fits = |cached: &&Arc<Cached>| {
            cached.lenient == now.lenient
                && cached.restrict == now.restrict
                && cached.schema_before.is_same(now.schema)
                && (!cached.has_charts || cached.chart_namespace.as_deref() == now.chart_namespace)
                && !cached
                    .entered
                    .iter()
                    .any(|entered| now.stack.iter().any(|open| is_below(open, entered)))
        };
        folders.get(folder)?.iter().find(fits).cloned()
    }

    pub(super) fn put(&self, folder: &str, cached: Cached) {
        if let Ok(mut folders) = self.folders.lock() {
            folders
                .entry(folder.to_owned())
                .or_default()
                .push(Arc::new(cached));
        }
    }
}
