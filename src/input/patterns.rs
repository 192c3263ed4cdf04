//! Patterns of what is not read, as git reads them in `.gitignore`.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns with the folder that they count from.
#[derive(Debug, Clone)]
pub struct Patterns {
    folder: PathBuf,
    lines: Vec<String>,
    matcher: Gitignore,
}

impl Patterns {
    /// Patterns that count from a folder, which is a path without links. Fails with what is wrong
    /// with one.
    pub fn new<'p>(
        folder: &Path,
        patterns: impl IntoIterator<Item = &'p str>,
    ) -> Result<Self, String> {
        let mut builder = GitignoreBuilder::new(folder);
        let mut lines = Vec::new();
        for pattern in patterns {
            lines.push(pattern.to_owned());
            let added = builder.add_line(None, pattern);
            added.map_err(|error| format!("{pattern:?} is no pattern: {error}"))?;
        }
        let matcher = builder.build();
        Ok(Self {
            folder: folder.to_owned(),
            lines,
            matcher: matcher.map_err(|error| error.to_string())?,
        })
    }

    /// The same for a copy of a tree: `from` lies at `to` there.
    #[must_use]
    pub fn moved(&self, from: &Path, to: &Path) -> Self {
        match self.folder.strip_prefix(from) {
            Ok(below) => Self::new(&to.join(below), self.lines.iter().map(String::as_str))
                .unwrap_or_else(|_| self.clone()),
            Err(_) => self.clone(),
        }
    }

    /// Whether a path without links is left out; `None` where no pattern speaks of it.
    pub fn covers(&self, path: &Path) -> Option<bool> {
        let below = path.strip_prefix(&self.folder).ok()?;
        if below.as_os_str().is_empty() {
            return None;
        }
        match self
            .matcher
            .matched_path_or_any_parents(path, path.is_dir())
        {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn patterns_count_from_their_folder() {
        let patterns = Patterns::new(Path::new("/repo/a"), ["*.draft.yaml", "/docs/", "docs/**"]);
        let patterns = patterns.unwrap();
        let covers = |path: &str| patterns.covers(Path::new(path));
        assert_eq!(covers("/repo/a/b/x.draft.yaml"), Some(true));
        assert_eq!(covers("/repo/a/docs/x.yaml"), Some(true));
        assert_eq!(covers("/repo/a/b/docs/x.yaml"), None);
        assert_eq!(covers("/repo/x.draft.yaml"), None);
    }

    #[test]
    fn an_exclamation_mark_takes_back() {
        let patterns = Patterns::new(Path::new("/repo"), ["*.yaml", "!keep.yaml"]).unwrap();
        assert_eq!(patterns.covers(Path::new("/repo/keep.yaml")), Some(false));
    }
}
