//! Revisions of a git repository, read without git. Knows nothing of what its files mean.

use std::path::{Path, PathBuf};

use gix::objs::tree::EntryKind;

/// Files of a revision that are larger are left out: no manifest is.
const MOST: u64 = 32 * 1024 * 1024;

/// Why a revision cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path is in no repository.
    #[error("{0} is in no git repository")]
    NoRepository(String),
    /// There is no such revision.
    #[error("there is no revision {0:?}{1}")]
    NoRevision(String, &'static str),
    /// The two have nothing in common.
    #[error("{0:?} and HEAD have no common ancestor{1}")]
    NoBase(String, &'static str),
    /// An object cannot be read.
    #[error("cannot read the revision {0:?}: {1}")]
    Unreadable(String, String),
    /// The files cannot be written.
    #[error("cannot write the files of {0:?} to a temporary folder: {1}")]
    Unwritable(String, std::io::Error),
}

/// What a shallow clone lacks.
const SHALLOW: &str =
    "; this clone is shallow: fetch more of its history (fetch-depth: 0 of actions/checkout)";

/// The files of a revision in a folder of their own, which goes with this.
#[derive(Debug)]
pub struct Revision {
    folder: tempfile::TempDir,
    /// The folder of the working tree, links resolved.
    pub workdir: PathBuf,
}

impl Revision {
    /// The files of the merge base of `name` and HEAD in the repository around `path`; of `name`
    /// itself if it is to be `exact`.
    pub fn checkout(path: &Path, name: &str, exact: bool) -> Result<Self, Error> {
        let unreadable =
            |error: &dyn std::fmt::Display| Error::Unreadable(name.to_owned(), error.to_string());
        let nowhere = || Error::NoRepository(path.display().to_string());
        let repository = gix::discover(path).map_err(|_| nowhere())?;
        let workdir = repository.workdir().ok_or_else(nowhere)?;
        let workdir = workdir.canonicalize().map_err(|error| unreadable(&error))?;
        let why = if repository.is_shallow().unwrap_or(false) {
            SHALLOW
        } else {
            ""
        };
        let no_revision = |_| Error::NoRevision(name.to_owned(), why);
        let id = repository.rev_parse_single(name).map_err(no_revision)?;
        let commit = id.object().map_err(|error| unreadable(&error))?;
        let mut commit = commit
            .peel_to_commit()
            .map_err(|error| unreadable(&error))?;
        if !exact {
            let head = repository.head_id().map_err(|error| unreadable(&error))?;
            let no_base = || Error::NoBase(name.to_owned(), why);
            let base = repository.merge_base(commit.id, head.detach());
            let base = base.map_err(|_| no_base())?.ok_or_else(no_base)?;
            commit = repository
                .find_commit(base.detach())
                .map_err(|_| no_base())?;
        }
        let tree = commit.tree().map_err(|error| unreadable(&error))?;
        let unwritable = |error| Error::Unwritable(name.to_owned(), error);
        let folder = tempfile::Builder::new()
            .prefix("meshlint-")
            .tempdir()
            .map_err(unwritable)?;
        // The root of a repository, as the working tree is.
        std::fs::create_dir(folder.path().join(".git")).map_err(unwritable)?;
        let files = tree.traverse().breadthfirst.files();
        for entry in files.map_err(|error| unreadable(&error))? {
            let name = entry.filepath.to_string();
            let Some(below) = safe(&name) else {
                continue;
            };
            let kind = entry.mode.kind();
            if !matches!(
                kind,
                EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link
            ) {
                continue;
            }
            let header = repository.find_header(entry.oid);
            if header.map_err(|error| unreadable(&error))?.size() > MOST {
                continue;
            }
            let object = repository.find_object(entry.oid);
            let object = object.map_err(|error| unreadable(&error))?;
            let path = folder.path().join(below);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(unwritable)?;
            }
            write(&path, &object.data, kind == EntryKind::Link).map_err(unwritable)?;
        }
        Ok(Self { folder, workdir })
    }

    /// The folder with the files.
    pub fn folder(&self) -> PathBuf {
        let path = self.folder.path();
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }

    /// What a path of the working tree is in the revision; `None` if it is no path of it, or does
    /// not exist there.
    pub fn path(&self, path: &Path) -> Option<PathBuf> {
        let full = path.canonicalize().ok()?;
        let path = self.folder().join(full.strip_prefix(&self.workdir).ok()?);
        path.exists().then_some(path)
    }
}

/// A path of a tree, if it stays below its root.
fn safe(path: &str) -> Option<&Path> {
    let path = Path::new(path);
    let mut components = path.components();
    components
        .all(|component| matches!(component, std::path::Component::Normal(_)))
        .then_some(path)
}

fn write(path: &Path, data: &[u8], is_link: bool) -> std::io::Result<()> {
    #[cfg(unix)]
    if is_link && let Ok(target) = std::str::from_utf8(data) {
        return std::os::unix::fs::symlink(target, path);
    }
    let _ = is_link;
    std::fs::write(path, data)
}
