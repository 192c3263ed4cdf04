//! Which sources hold something to check. Only all of them together tell: a kustomization says
//! which files are patches, a chart which are templates.

use std::sync::Arc;

use super::{Gap, Loaded, places};
use crate::input::{self, Content, Document, SkipReason, Skipped, Surroundings};

/// The sources of a run that hold something to check, and what was passed over.
#[derive(Debug, Default)]
pub struct Selection {
    /// The sources, in the order of the input.
    pub sources: Vec<Arc<Loaded>>,
    /// The others.
    pub skipped: Vec<Skipped>,
    /// What may be in what kustomizations bring from elsewhere.
    pub gaps: Vec<Gap>,
    /// Templates that were passed over, each with what it may hold.
    pub templates: Vec<(Arc<Loaded>, Vec<Gap>)>,
    /// What objects that were passed over, or not, lead to.
    pub all: Vec<Arc<Loaded>>,
}

impl Selection {
    /// What may be in what was passed over.
    pub fn all_gaps(&self) -> Vec<Gap> {
        let templates = self.templates.iter().flat_map(|(_, gaps)| gaps);
        self.gaps.iter().chain(templates).cloned().collect()
    }
}

/// Tells sources that hold something to check, be it broken, from others.
pub fn select(sources: impl IntoIterator<Item = Arc<Loaded>>) -> Selection {
    let all: Vec<Arc<Loaded>> = sources.into_iter().collect();
    let mut surroundings = Surroundings::of(all.iter().map(|loaded| &loaded.file));
    for loaded in &all {
        if input::is_kustomization_name(&loaded.file.path) {
            let patches = loaded.patches.iter().map(String::as_str);
            surroundings.add_patches(&loaded.file, patches);
        }
    }
    let mut selection = Selection {
        gaps: places::of_kustomizations(&all),
        ..Selection::default()
    };
    for loaded in &all {
        match skip_reason(loaded, &surroundings) {
            None => selection.sources.push(Arc::clone(loaded)),
            Some(reason) => {
                if reason == SkipReason::HelmTemplate {
                    let gaps = places::of_template(loaded);
                    selection.templates.push((Arc::clone(loaded), gaps));
                }
                selection.skipped.push(Skipped {
                    path: loaded.file.path.to_string(),
                    reason,
                });
            }
        }
    }
    selection.all = all;
    selection
}

/// Why a source holds nothing to check.
fn skip_reason(loaded: &Loaded, surroundings: &Surroundings) -> Option<SkipReason> {
    if !loaded.is_text() {
        return None;
    }
    let objects = loaded.objects.iter().map(|manifest| Document {
        api_version: Some(&manifest.header.api_version),
        kind: Some(&manifest.header.kind),
        has_metadata: true,
    });
    let others = loaded.others.iter().map(|other| Document {
        api_version: other.api_version.as_deref(),
        kind: other.kind.as_deref(),
        has_metadata: other.has_metadata,
    });
    let documents: Vec<Document<'_>> = objects.chain(others).collect();
    let content = Content {
        documents: &documents,
        broken: loaded.is_broken,
        marks: loaded.marks,
    };
    input::classify(&loaded.file, content, surroundings)
}
