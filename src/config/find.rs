//! Which configuration governs a path.

use std::path::{Path, PathBuf};

use super::read::shown;
use super::{Error, NAMES};

/// What the user says of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The nearest one above each path.
    Nearest,
    /// This file.
    File(PathBuf),
    /// None.
    None,
}

/// The nearest configuration file at or above a path, up to the root of its repository; for standard
/// input, above the working directory.
pub fn find(path: &Path) -> Result<Option<PathBuf>, Error> {
    let path = if path == Path::new("-") {
        Path::new(".")
    } else {
        path
    };
    // A path that does not exist is told of elsewhere.
    let Ok(full) = path.canonicalize() else {
        return Ok(None);
    };
    let folder = if full.is_dir() {
        Some(full.as_path())
    } else {
        full.parent()
    };
    for folder in folder.into_iter().flat_map(Path::ancestors) {
        let mut there = NAMES
            .iter()
            .map(|name| folder.join(name))
            .filter(|file| file.is_file());
        match (there.next(), there.next()) {
            (Some(one), Some(other)) => {
                return Err(Error(format!(
                    "two configurations in one folder: {} and {}; keep one of them",
                    shown(&one),
                    shown(&other)
                )));
            }
            (Some(one), None) => return Ok(Some(one)),
            _ => {}
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}
