//! The globs of `--exclude`.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::InputError;

/// Paths to leave out.
#[derive(Debug)]
pub struct Exclude {
    globs: GlobSet,
    working_directory: Option<PathBuf>,
}

impl Exclude {
    /// The paths that globs match.
    pub fn new(globs: &[String]) -> Result<Self, InputError> {
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
        })
    }

    /// Whether `path`, found below `root`, is left out.
    /// Whether a path below `root` is left out.
    pub fn covers(&self, path: &Path, root: &Path) -> bool {
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
}
