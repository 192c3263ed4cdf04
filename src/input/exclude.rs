//! The globs of `--exclude`.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{InputError, Patterns, lexical};

/// Paths to leave out.
#[derive(Debug)]
pub struct Exclude {
    globs: GlobSet,
    patterns: Vec<Patterns>,
    working_directory: Option<PathBuf>,
}

impl Exclude {
    /// The paths that globs match, or patterns of the configuration.
    pub fn new(globs: &[String], patterns: &[Patterns]) -> Result<Self, InputError> {
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let trimmed = glob
                .strip_prefix("./")
                .unwrap_or(glob)
                .trim_end_matches('/');
            let pattern = if trimmed.contains('/') {
                trimmed.to_owned()
            } else {
                format!("**/{trimmed}")
            };
            let compiled = GlobBuilder::new(&pattern)
                .literal_separator(true)
                .build()
                .map_err(|error| InputError::Glob {
                    glob: glob.clone(),
                    reason: error.kind().to_string(),
                })?;
            set.add(compiled);
        }
        let globs = set.build().map_err(|error| InputError::Glob {
            glob: globs.join(", "),
            reason: error.to_string(),
        })?;
        Ok(Self {
            working_directory: std::env::current_dir().ok(),
            globs,
            patterns: patterns.to_vec(),
        })
    }

    /// Whether a path below `root` is left out.
    pub fn covers(&self, path: &Path, root: &Path) -> bool {
        if !self.patterns.is_empty() && self.is_ignored(path) {
            return true;
        }
        if self.globs.is_empty() {
            return false;
        }
        let below = |parent: &Path| {
            path.strip_prefix(parent)
                .is_ok_and(|rest| self.globs.is_match(rest))
        };
        self.globs.is_match(path)
            || below(Path::new("."))
            || below(root)
            || self.working_directory.as_deref().is_some_and(below)
    }

    /// Whether the configuration leaves a path out.
    fn is_ignored(&self, path: &Path) -> bool {
        let full = match &self.working_directory {
            Some(here) => lexical(&here.join(path)),
            None => path.to_owned(),
        };
        let mut said = self.patterns.iter().rev();
        said.find_map(|patterns| patterns.covers(&full)) == Some(true)
    }
}
